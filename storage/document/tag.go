package document

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// eachTag reads the XML of a page quickly and tells "f\x00A1" for a cell with a
// formula and "m\x00A1:C1" for merged cells. Names may carry a prefix.
func eachTag(r io.Reader, tell func(string)) error {
	br := bufio.NewReaderSize(r, 64<<10)
	cell := ""
	for {
		if _, err := br.ReadSlice('<'); errors.Is(err, bufio.ErrBufferFull) {
			continue
		} else if errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		tag, err := br.ReadSlice('>')
		if errors.Is(err, bufio.ErrBufferFull) { // no tag of a page is that long
			continue
		} else if errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		switch name := tagName(tag); string(name) {
		case "c":
			cell = attribute(tag, "r")
		case "f":
			if cell != "" {
				tell("f\x00" + cell)
			}
		case "mergeCell":
			tell("m\x00" + attribute(tag, "ref"))
		}
	}
}

func tagName(tag []byte) []byte {
	end := bytes.IndexAny(tag, " \t\r\n/>")
	if end < 0 {
		return nil
	}
	name := tag[:end]
	if i := bytes.IndexByte(name, ':'); i >= 0 {
		name = name[i+1:]
	}
	return name
}

func attribute(tag []byte, name string) string {
	for _, quote := range []string{`"`, `'`} {
		key := []byte(" " + name + "=" + quote)
		if i := bytes.Index(tag, key); i >= 0 {
			rest := tag[i+len(key):]
			if j := bytes.IndexByte(rest, quote[0]); j >= 0 {
				return string(rest[:j])
			}
		}
	}
	return ""
}
