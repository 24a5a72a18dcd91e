package sheet

import (
	"iter"
	"strings"
	"unicode/utf8"

	"zhixing/domain"
)

// Delimiter guesses what separates the cells: of tab, comma and semicolon the
// one that the first lines hold most steadily, a comma when there is none.
func Delimiter(text string) rune {
	best, most := ',', 0
	for _, d := range []rune{'\t', ',', ';'} {
		n := 0
		for row, err := range CSV(head(text, 20), d) {
			if err == nil && len(row.Cells) > 1 {
				n += len(row.Cells) - 1
			}
		}
		if n > most {
			best, most = d, n
		}
	}
	return best
}

// head is the first lines of a text, at most 64 KiB.
func head(text string, lines int) string {
	end := 0
	for range lines {
		i := strings.IndexByte(text[end:], '\n')
		if i < 0 {
			end = len(text)
			break
		}
		end += i + 1
	}
	end = min(end, 64<<10)
	for end < len(text) && end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end]
}

// CSV splits a text into rows, lines that say nothing included. A cell in quotes
// may hold line breaks, delimiters and doubled quotes; a quote inside an
// unquoted cell is a character like any other. Invalid "import.quote_open" with
// its line when a quote never closes: the rest of the file would be one cell;
// Invalid "import.row_too_long" at a row over MaxRow.
func CSV(text string, delimiter rune) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		p := parser{text: text, delimiter: delimiter, line: 1}
		for p.at < len(p.text) {
			row, err := p.row()
			if !yield(row, err) || err != nil {
				return
			}
		}
	}
}

type parser struct {
	text      string
	delimiter rune
	at, line  int
}

func (p *parser) row() (Row, error) {
	row, from := Row{Line: p.line}, p.at
	for {
		cell, err := p.cell()
		if err != nil {
			return row, err
		}
		if p.at-from > MaxRow {
			return row, TooLong(row.Line)
		}
		row.Cells = append(row.Cells, cell)
		if p.at >= len(p.text) {
			return row, nil
		}
		if r, size := utf8.DecodeRuneInString(p.text[p.at:]); r == p.delimiter {
			p.at += size
			if p.at >= len(p.text) { // a delimiter ends the file: one more empty cell
				row.Cells = append(row.Cells, "")
				return row, nil
			}
			continue
		}
		p.newline()
		return row, nil
	}
}

// TooLong refuses a file for the row at a line.
func TooLong(line int) error {
	return domain.E(domain.Invalid, "import.row_too_long", "line", line, "max", MaxRow>>10)
}

// newline goes past \n, \r\n or a lone \r.
func (p *parser) newline() {
	if p.text[p.at] == '\r' && p.at+1 < len(p.text) && p.text[p.at+1] == '\n' {
		p.at++
	}
	p.at++
	p.line++
}

func (p *parser) cell() (string, error) {
	if p.at < len(p.text) && p.text[p.at] == '"' {
		return p.quoted()
	}
	return p.plain(), nil
}

func (p *parser) plain() string {
	from := p.at
	for p.at < len(p.text) {
		r, size := utf8.DecodeRuneInString(p.text[p.at:])
		if r == p.delimiter || r == '\n' || r == '\r' {
			break
		}
		p.at += size
	}
	return p.text[from:p.at]
}

func (p *parser) quoted() (string, error) {
	began := p.line
	p.at++
	var b strings.Builder
	for p.at < len(p.text) {
		switch c := p.text[p.at]; {
		case c == '"' && p.at+1 < len(p.text) && p.text[p.at+1] == '"':
			b.WriteByte('"')
			p.at += 2
		case c == '"':
			p.at++
			b.WriteString(p.plain()) // what follows the closing quote still belongs to the cell
			return b.String(), nil
		case c == '\n' || c == '\r':
			p.newline()
			b.WriteByte('\n')
		default:
			b.WriteByte(c)
			p.at++
		}
	}
	return "", domain.E(domain.Invalid, "import.quote_open", "line", began)
}
