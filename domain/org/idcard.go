package org

import (
	"strings"
	"time"

	"zhixing/domain"
)

// IDCardPurpose is the purpose under which id numbers are sealed and digested;
// a sealed one also names its person.
const IDCardPurpose = "people.id_card"

// IDCard is a citizen's identity number of GB 11643-1999: six digits of region,
// eight of birth, three of sequence, one check character.
type IDCard string

var idCardWeights = [17]int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2}

// ParseIDCard cleans and checks an id number: spaces, full-width digits and a
// small x are mended. Error: Invalid "person.id_card_form", "person.id_card_date",
// "person.id_card_checksum".
func ParseIDCard(s string) (IDCard, error) {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r >= '０' && r <= '９':
			b.WriteRune('0' + r - '０')
		case r == 'x' || r == 'ｘ' || r == 'Ｘ':
			b.WriteByte('X')
		case r == ' ' || r == '\u3000' || r == '\t' || r == '-':
		default:
			b.WriteRune(r)
		}
	}
	c := b.String()
	refuse := func(reason string) (IDCard, error) {
		return "", domain.E(domain.Invalid, reason).At("body.id_card", reason)
	}
	if len(c) != 18 || strings.Trim(c[:17], "0123456789") != "" || !strings.Contains("0123456789X", c[17:]) || c[0] == '0' {
		return refuse("person.id_card_form")
	}
	if born, err := time.Parse("20060102", c[6:14]); err != nil || born.Year() < 1850 || born.Year() > 2200 {
		return refuse("person.id_card_date")
	}
	sum := 0
	for i, w := range idCardWeights {
		sum += w * int(c[i]-'0')
	}
	if c[17] != "10X98765432"[sum%11] {
		return refuse("person.id_card_checksum")
	}
	return IDCard(c), nil
}

// Mask shows the first three and the last four: 110***********123X.
func (c IDCard) Mask() string {
	if len(c) != 18 {
		return ""
	}
	return string(c[:3]) + "***********" + string(c[14:])
}

// BornOn is the birth date that the number states, YYYY-MM-DD.
func (c IDCard) BornOn() string { return string(c[6:10] + "-" + c[10:12] + "-" + c[12:14]) }

// Gender is the one that the number states.
func (c IDCard) Gender() string {
	if (c[16]-'0')%2 == 1 {
		return "male"
	}
	return "female"
}
