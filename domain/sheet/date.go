package sheet

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"zhixing/domain"
)

// Date is a civil date as a cell tells it. MonthOnly: the cell names no day, and
// On is the first. Unsure: 1985.1 may be January, or October without its zero.
type Date struct {
	On        string // YYYY-MM-DD
	MonthOnly bool
	Unsure    bool
}

// The years that are taken.
const (
	minYear = 1900
	maxYear = 2100
)

var (
	fullDate   = regexp.MustCompile(`^([0-9]{4})\s*[-/.年]\s*([0-9]{1,2})\s*[-/.月]\s*([0-9]{1,2})\s*日?(?:[ T][0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?Z?)?$`)
	monthDate  = regexp.MustCompile(`^([0-9]{4})\s*[-/.年]\s*([0-9]{1,2})\s*月?$`)
	digits8    = regexp.MustCompile(`^([0-9]{4})([0-9]{2})([0-9]{2})$`)
	digits6    = regexp.MustCompile(`^([0-9]{4})([0-9]{2})$`)
	serial     = regexp.MustCompile(`^([1-9][0-9]{4})(?:\.[0-9]+)?$`)
	shortYear  = regexp.MustCompile(`^[0-9]{2}\s*[-/.年]\s*[0-9]{1,2}(\s*[-/.月]\s*[0-9]{1,2}\s*日?|\s*月)?$|^[0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9]{2}$`)
	yearLast   = regexp.MustCompile(`^[0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9]{4}$`)
	yearAlone  = regexp.MustCompile(`^[0-9]{4}年?$`)
	serialZero = time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
)

// ParseDate reads a date in the shapes that Chinese spreadsheets hold:
// 1985-07-01, 1985/7/1, 1985.7.1, 1985年7月1日, 19850701, with or without a time of
// day; 1985.7, 1985-7, 1985年7月, 198507; and day numbers of a spreadsheet. Errors
// are Invalid: "import.date_two_digit_year", "import.date_order" (7/1/1985),
// "import.date_no_month", "import.date_range", "import.date_no_such_day",
// "import.date_form".
func ParseDate(cell string) (Date, error) {
	s, _ := Narrow(cell)
	s = strings.ReplaceAll(s, "。", ".")
	if m := fullDate.FindStringSubmatch(s); m != nil {
		return civil(m[1], m[2], m[3])
	}
	if m := digits8.FindStringSubmatch(s); m != nil {
		return civil(m[1], m[2], m[3])
	}
	for _, form := range []*regexp.Regexp{monthDate, digits6} {
		if m := form.FindStringSubmatch(s); m != nil {
			d, err := civil(m[1], m[2], "1")
			d.MonthOnly, d.Unsure = true, strings.HasSuffix(s, ".1")
			return d, err
		}
	}
	if m := serial.FindStringSubmatch(s); m != nil {
		days, err := strconv.Atoi(m[1])
		if on := serialZero.AddDate(0, 0, days); err == nil && on.Year() <= maxYear {
			return Date{On: on.Format(time.DateOnly)}, nil
		}
		return Date{}, domain.E(domain.Invalid, "import.date_range", "min", minYear, "max", maxYear)
	}
	switch {
	case shortYear.MatchString(s):
		return Date{}, domain.E(domain.Invalid, "import.date_two_digit_year")
	case yearLast.MatchString(s):
		return Date{}, domain.E(domain.Invalid, "import.date_order")
	case yearAlone.MatchString(s):
		return Date{}, domain.E(domain.Invalid, "import.date_no_month")
	}
	return Date{}, domain.E(domain.Invalid, "import.date_form")
}

func civil(year, month, day string) (Date, error) {
	y, _ := strconv.Atoi(year)  //nolint:errcheck // four digits
	m, _ := strconv.Atoi(month) //nolint:errcheck // two digits
	d, _ := strconv.Atoi(day)   //nolint:errcheck // two digits
	if y < minYear || y > maxYear {
		return Date{}, domain.E(domain.Invalid, "import.date_range", "min", minYear, "max", maxYear)
	}
	on := fmt.Sprintf("%04d-%02d-%02d", y, m, d)
	if t, err := time.Parse(time.DateOnly, on); err != nil || t.Year() != y {
		return Date{}, domain.E(domain.Invalid, "import.date_no_such_day")
	}
	return Date{On: on}, nil
}
