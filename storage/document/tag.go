package document

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// maxText is how many bytes may stand between two tags. A cell of a spreadsheet
// holds 32,767 characters; what is longer was made to fill the memory of readers.
const maxText = 1 << 20

// maxCells is how many cells a row has at most, by the format's own rule.
const maxCells = 16384

var errLong = errors.New("text too long")

// tagRow tells of a row that says something.
const tagRow = "row"

// eachTag reads the XML of a part quickly and tells "f\x00A1" for a cell with a
// formula, "m\x00A1:C1" for merged cells and tagRow for a row with a value. Names may carry a prefix. It holds
// no more than a buffer, and ends with errLong at a text over maxText, a tag
// over the buffer or a row over maxCells.
func eachTag(r io.Reader, tell func(string)) error {
	br := bufio.NewReaderSize(r, 64<<10)
	cell, text, cells, told := "", 0, 0, false
	for {
		part, err := br.ReadSlice('<')
		if text += len(part); text > maxText {
			return errLong
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		} else if errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		text = 0
		tag, err := br.ReadSlice('>')
		if errors.Is(err, bufio.ErrBufferFull) {
			return errLong
		} else if errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		switch name := tagName(tag); string(name) {
		case "row":
			cells, told = 0, false
		case "c":
			if cells++; cells > maxCells {
				return errLong
			}
			cell = attribute(tag, "r")
		case "v", "is":
			if !told {
				told = true
				tell(tagRow)
			}
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
