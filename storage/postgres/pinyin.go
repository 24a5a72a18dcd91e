package postgres

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mozillazg/go-pinyin"
)

// surnames are the heads of names that are read otherwise than the characters by
// themselves; the last line is no surname but is read by it.
var surnames = map[string]string{
	"单": "shan", "曾": "zeng", "仇": "qiu", "解": "xie", "查": "zha", "区": "ou", "朴": "piao", "翟": "zhai",
	"盖": "ge", "任": "ren", "乐": "yue", "华": "hua", "燕": "yan", "缪": "miao", "覃": "qin", "谌": "chen",
	"冼": "xian", "宓": "mi", "阚": "kan", "乜": "nie", "卜": "bu", "么": "yao", "员": "yun", "种": "chong",
	"折": "she", "薄": "bo", "祭": "zhai", "秘": "bi", "都": "du", "召": "shao", "句": "gou", "繁": "po",
	"單": "shan", "區": "ou", "蓋": "ge", "樂": "yue", "華": "hua", "繆": "miao", "諶": "chen", "闞": "kan", "員": "yun", "種": "chong",
	"尉迟": "yu chi", "万俟": "mo qi", "长孙": "zhang sun", "令狐": "ling hu", "澹台": "tan tai", "乐正": "yue zheng",
	"尉遲": "yu chi", "萬俟": "mo qi", "長孫": "zhang sun", "澹臺": "tan tai", "樂正": "yue zheng",
	"查干": "cha gan", "𠮷": "ji",
}

// romanise makes the search and sort keys of a name: syllables apart by a
// space ("zhang san") and their initials ("zs"). A character that has no known
// reading, or is not Chinese, stands for itself.
func romanise(name string) (syllables, initials string) {
	var out []string
	rest := name
	for head, reading := range surnames {
		if strings.HasPrefix(name, head) && len(head) > len(name)-len(rest) {
			out, rest = strings.Fields(reading), name[len(head):]
		}
	}
	args := pinyin.NewArgs()
	word := ""
	flush := func() {
		if word != "" {
			out, word = append(out, word), ""
		}
	}
	for _, r := range rest {
		switch read := pinyin.SinglePinyin(r, args); {
		case len(read) > 0:
			flush()
			out = append(out, read[0])
		case unicode.Is(unicode.Han, r):
			flush()
			out = append(out, string(r))
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			word += string(unicode.ToLower(r))
		default:
			flush()
		}
	}
	flush()
	for _, s := range out {
		r, _ := utf8.DecodeRuneInString(s)
		initials += string(r)
	}
	return strings.Join(out, " "), initials
}
