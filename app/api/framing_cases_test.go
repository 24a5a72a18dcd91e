package api_test

import (
	"fmt"
	"slices"
	"strings"
)

// Statuses of a request that is refused, and of one in good order.
var (
	refused = []int{400, 0}
	known   = []int{401} // read to its end, and nobody is signed in
	served  = []int{200}
)

// get is a request for the settings with more header lines.
func get(lines ...string) string {
	return "GET /api/v1/settings HTTP/1.1\r\n" + hostLine + idLine + strings.Join(lines, "") + "\r\n"
}

// post is a request with header lines and bytes behind them.
func post(body string, lines ...string) string {
	return "POST /api/v1/units HTTP/1.1\r\n" + hostLine + idLine + "X-Zhixing: 1\r\nContent-Type: application/json\r\n" + strings.Join(lines, "") + "\r\n" + body
}

func lengthOf(body string) string { return fmt.Sprintf("Content-Length: %d\r\n", len(body)) }

const (
	chunkedLine = "Transfer-Encoding: chunked\r\n"
	twoChunked  = "2\r\n{}\r\n0\r\n\r\n"
)

func framingCases() []framingCase {
	return slices.Concat(lengthAndCoding(), codings(), lengths(), headerLines(), hosts(), requestLines(), versions(), chunks(), trailers(), others())
}

// Two ways to say where the body ends.
func lengthAndCoding() []framingCase {
	zero := "0\r\n\r\n" + smuggled
	behind := fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(smuggled), smuggled)
	return []framingCase{
		{name: "CL.TE, a request behind the last chunk", send: post(zero, lengthOf(zero), chunkedLine), want: refused},
		{name: "TE.CL, the coding first", send: post(zero, chunkedLine, lengthOf(zero)), want: refused},
		{name: "TE.CL, a request in a chunk", send: post(behind, "Content-Length: 4\r\n", chunkedLine), want: refused},
		{name: "CL 0 and TE", send: post(behind, "Content-Length: 0\r\n", chunkedLine), want: refused},
		{name: "CL and TE that agree", send: post(twoChunked, lengthOf(twoChunked), chunkedLine), want: refused},
		{name: "CL and TE on a GET", send: get("Content-Length: 5\r\n", chunkedLine) + zero, want: refused},
		{name: "CL and TE identity", send: post("{}", "Content-Length: 2\r\nTransfer-Encoding: identity\r\n"), want: refused},
		{name: "coding in another line's fold", send: post(behind, "Content-Length: 4\r\nX-A: b\r\n Transfer-Encoding: chunked\r\n"), want: refused},
		{name: "a request in the body of a GET", send: get(lengthOf(smuggled)) + smuggled, want: served, keep: true},
		{name: "a request in the chunks of a GET", send: get(chunkedLine) + behind, want: served, keep: true},
		{name: "a request in the body of a POST", send: post(smuggled, lengthOf(smuggled)), want: known, keep: true},
		{name: "a request in the body of a HEAD", send: "HEAD /api/v1/settings HTTP/1.1\r\n" + hostLine + idLine + lengthOf(smuggled) + "\r\n" + smuggled, want: []int{200, 404, 405}},
		{name: "a request in the body of a DELETE", send: "DELETE /api/v1/session HTTP/1.1\r\n" + hostLine + idLine + "X-Zhixing: 1\r\n" + lengthOf(smuggled) + "\r\n" + smuggled, want: known, keep: true},
		{name: "a request behind the last part of a form", send: func() string {
			body := "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx\r\n--b--\r\n" + smuggled
			return "POST /api/v1/units HTTP/1.1\r\n" + hostLine + idLine + "X-Zhixing: 1\r\nContent-Type: multipart/form-data; boundary=b\r\n" + lengthOf(body) + "\r\n" + body
		}(), want: known, keep: true},
	}
}

// The coding in every disguise.
func codings() []framingCase {
	var out []framingCase
	for name, line := range map[string]string{
		"xchunked": "Transfer-Encoding: xchunked\r\n", "chunked, identity": "Transfer-Encoding: chunked, identity\r\n",
		"identity, chunked": "Transfer-Encoding: identity, chunked\r\n", "gzip, chunked": "Transfer-Encoding: gzip, chunked\r\n",
		"chunked, chunked": "Transfer-Encoding: chunked, chunked\r\n", "twice": chunkedLine + chunkedLine,
		"and identity": chunkedLine + "Transfer-Encoding: identity\r\n", "identity": "Transfer-Encoding: identity\r\n",
		"space before the colon": "Transfer-Encoding : chunked\r\n", "tab before the colon": "Transfer-Encoding\t: chunked\r\n",
		"space before the name": " Transfer-Encoding: chunked\r\n", "in quotes": "Transfer-Encoding: \"chunked\"\r\n",
		"vertical tab": "Transfer-Encoding: \vchunked\r\n", "NUL": "Transfer-Encoding: chunked\x00\r\n", "with a parameter": "Transfer-Encoding: chunked;q=1\r\n",
		"folded": "Transfer-Encoding:\r\n chunked\r\n", "behind a bare LF": "X-A: b\nTransfer-Encoding: chunked\r\n", "behind a bare CR": "X-A: b\rTransfer-Encoding: chunked\r\n",
		"empty": "Transfer-Encoding:\r\n", "trailing comma": "Transfer-Encoding: chunked,\r\n", "comma first": "Transfer-Encoding: ,chunked\r\n",
	} {
		out = append(out, framingCase{name: "coding " + name, send: post(twoChunked+smuggled, line), want: refused})
	}
	return append(out,
		framingCase{name: "coding in capitals", send: post(twoChunked, "TRANSFER-ENCODING: CHUNKED\r\n"), want: known, keep: true},
		framingCase{name: "coding behind a tab", send: post(twoChunked, "Transfer-Encoding:\tchunked \r\n"), want: known, keep: true},
		framingCase{name: "coding with an underscore is another line", send: post("{}", "Transfer_Encoding: chunked\r\nContent-Length: 2\r\n"), want: known, keep: true},
	)
}

// The length in every disguise.
func lengths() []framingCase {
	var out []framingCase
	for name, line := range map[string]string{
		"twice the same": "Content-Length: 2\r\nContent-Length: 2\r\n", "twice, another": "Content-Length: 2\r\nContent-Length: 200\r\n",
		"a list": "Content-Length: 2, 2\r\n", "negative": "Content-Length: -2\r\n", "plus": "Content-Length: +2\r\n", "hexadecimal": "Content-Length: 0x2\r\n",
		"two words": "Content-Length: 2 2\r\n", "decimal": "Content-Length: 2.0\r\n", "exponent": "Content-Length: 2e0\r\n", "empty": "Content-Length:\r\n",
		"huge": "Content-Length: 99999999999999999999\r\n", "around 2^64": "Content-Length: 18446744073709551618\r\n", "wide digits": "Content-Length: ２\r\n",
		"space before the colon": "Content-Length : 2\r\n", "NUL in the name": "Content-Length\x00: 2\r\n", "NUL behind": "Content-Length: 2\x00\r\n",
		"semicolon": "Content-Length: 2;\r\n", "underscore in digits": "Content-Length: 0_2\r\n", "folded": "Content-Length:\r\n 2\r\n", "behind a bare CR": "X-A: b\rContent-Length: 2\r\n",
	} {
		out = append(out, framingCase{name: "length " + name, send: post("{}"+smuggled, line), want: refused})
	}
	return append(out,
		framingCase{name: "length with spaces around", send: post("{}", "Content-Length: \t2 \r\n"), want: known, keep: true},
		framingCase{name: "length 0", send: post("", "Content-Length: 0\r\n"), want: known, keep: true},
		framingCase{name: "no length", send: post(""), want: known, keep: true},
		framingCase{name: "length beyond the limit", send: post("", "Content-Length: 2000000\r\n"), want: []int{413, 0}},
		framingCase{name: "length larger than the body", send: post("{}", "Content-Length: 20\r\n"), want: []int{400, 408, 0}, half: true},
	)
}

// Lines that one parser takes and another does not.
func headerLines() []framingCase {
	var out []framingCase
	for name, line := range map[string]string{
		"NUL in a value": "X-A: b\x00c\r\n", "NUL in a name": "X\x00A: b\r\n", "space in a name": "X A: b\r\n", "no colon": "XA\r\n", "empty name": ": b\r\n",
		"bare CR in a value": "X-A: b\rX-B: c\r\n", "bare LF": "X-A: b\nX-B: c\r\n", "fold": "X-A: b\r\n c\r\n", "fold by a tab": "X-A: b\r\n\tc\r\n", "name not ASCII": "X-甲: b\r\n",
		"DEL in a value": "X-A: b\x7f\r\n", "escape in a value": "X-A: \x1b[31m\r\n", "parenthesis in a name": "X(A): b\r\n", "bare LF blank line": "X-A: b\r\n\nX-B: c\r\n",
		"CR CR LF": "X-A: b\r\r\n",
	} {
		out = append(out, framingCase{name: "line with " + name, send: get(line), want: refused})
	}
	return append(out,
		framingCase{name: "line of 20,000 characters", send: get("X-A: " + strings.Repeat("b", 20000) + "\r\n"), want: []int{431, 0}},
		framingCase{name: "3,000 lines", send: get(strings.Repeat("X-A: bbbbbbbbb\r\n", 3000)), want: []int{431, 0}},
		framingCase{name: "value in UTF-8", send: get("X-A: 甲\r\n"), want: served, keep: true},
		framingCase{name: "lines ended by LF alone", send: "GET /api/v1/settings HTTP/1.1\nHost: zhixing.test\n" + strings.TrimSpace(idLine) + "\n\n", want: refused, waits: true},
		framingCase{name: "blank line by LF alone", send: strings.TrimSuffix(get(), "\r\n") + "\n", want: refused, waits: true},
		framingCase{name: "head without an end", send: strings.TrimSuffix(get(), "\r\n"), want: refused, half: true},
	)
}

func hosts() []framingCase {
	ask := func(lines string) string { return "GET /api/v1/settings HTTP/1.1\r\n" + lines + idLine + "\r\n" }
	var out []framingCase
	for name, lines := range map[string]string{
		"missing": "", "twice": hostLine + hostLine, "twice, another": hostLine + "Host: evil.test\r\n", "empty": "Host:\r\n", "with a path": "Host: zhixing.test/a\r\n",
		"with a user": "Host: evil@zhixing.test\r\n", "with a space": "Host: zhixing.test evil.test\r\n", "a list": "Host: zhixing.test, evil.test\r\n", "with a query": "Host: zhixing.test?a\r\n",
		"folded": "Host:\r\n zhixing.test\r\n", "behind a space": " Host: zhixing.test\r\n", "space before the colon": "Host : zhixing.test\r\n", "markup": "Host: <script>\r\n",
	} {
		out = append(out, framingCase{name: "host " + name, send: ask(lines), want: refused})
	}
	return append(out,
		framingCase{name: "host with a port", send: ask("Host: zhixing.test:8443\r\n"), want: served, keep: true},
		framingCase{name: "host is an address", send: ask("Host: [::1]:80\r\n"), want: served, keep: true},
	)
}

func requestLines() []framingCase {
	ask := func(line string) string { return line + "\r\n" + hostLine + idLine + "\r\n" }
	var out []framingCase
	for name, line := range map[string]string{
		"two spaces": "GET  /api/v1/settings HTTP/1.1", "tabs": "GET\t/api/v1/settings\tHTTP/1.1", "a space in the path": "GET /api/v1/settings x HTTP/1.1", "NUL in the path": "GET /api/v1/settings\x00 HTTP/1.1",
		"a space first": " GET /api/v1/settings HTTP/1.1", "two spaces before the version": "GET /api/v1/settings  HTTP/1.1", "a space behind": "GET /api/v1/settings HTTP/1.1 ",
		"CR in the version": "GET /api/v1/settings HTTP/1.1\r", "bare CR": "GET /api/v1/settings HTTP/1.1\rHost: evil.test", "another host": "GET http://evil.test/api/v1/settings HTTP/1.1",
		"a user before the host": "GET http://zhixing.test@evil.test/api/v1/settings HTTP/1.1", "another scheme": "GET ftp://zhixing.test/api/v1/settings HTTP/1.1",
		"authority form": "GET zhixing.test:80 HTTP/1.1", "asterisk": "GET * HTTP/1.1", "relative": "GET api/v1/settings HTTP/1.1", "CONNECT": "CONNECT evil.test:443 HTTP/1.1",
		"no method": "/api/v1/settings HTTP/1.1", "a control in the method": "G\x01T /api/v1/settings HTTP/1.1", "lower case": "get /api/v1/settings HTTP/1.1",
		"an unknown method": "BREW /api/v1/settings HTTP/1.1", "a long method": strings.Repeat("A", 9000) + " /api/v1/settings HTTP/1.1",
	} {
		out = append(out, framingCase{name: "request line with " + name, send: ask(line), want: refused})
	}
	none := slices.Clip([]int{400, 404, 405})
	return append(out,
		framingCase{name: "absolute form", send: ask("GET http://zhixing.test/api/v1/settings HTTP/1.1"), want: served, keep: true},
		framingCase{name: "an empty line first", send: "\r\n" + get(), want: served, keep: true},
		framingCase{name: "line break in the path, encoded", send: ask("GET /api/v1/settings%0d%0aX-Evil:%201 HTTP/1.1"), want: none},
		framingCase{name: "NUL in the path, encoded", send: ask("GET /api/v1/settings%00 HTTP/1.1"), want: append(none, 422)},
		framingCase{name: "dots in the path", send: ask("GET /api/v1/../../etc/passwd HTTP/1.1"), want: none},
		framingCase{name: "dots in the path, encoded", send: ask("GET /api/v1/%2e%2e/%2e%2e/etc/passwd HTTP/1.1"), want: none},
		framingCase{name: "asterisk of OPTIONS", send: ask("OPTIONS * HTTP/1.1"), want: append(none, 200, 204)},
		framingCase{name: "TRACE", send: ask("TRACE /api/v1/settings HTTP/1.1"), want: append(none, 403)},
		framingCase{name: "a path of 20,000 characters", send: ask("GET /" + strings.Repeat("a", 20000) + " HTTP/1.1"), want: []int{431, 414, 0}},
	)
}

func versions() []framingCase {
	ask := func(version string, lines ...string) string {
		return "GET /api/v1/settings " + version + "\r\n" + idLine + strings.Join(lines, "") + "\r\n"
	}
	old := []int{400, 505, 0}
	return []framingCase{
		{name: "HTTP/0.9", send: "GET /api/v1/settings\r\n", want: refused, waits: true},
		{name: "HTTP/1.0", send: ask("HTTP/1.0"), want: served},
		{name: "HTTP/1.0 kept alive", send: ask("HTTP/1.0", "Connection: keep-alive\r\n"), want: served, keep: true},
		{name: "HTTP/1.0 with a coding", send: ask("HTTP/1.0", hostLine, chunkedLine) + twoChunked + smuggled, want: refused},
		{name: "HTTP/1.0 with a coding, kept alive", send: ask("HTTP/1.0", hostLine, "Connection: keep-alive\r\n", chunkedLine) + twoChunked + smuggled, want: refused},
		{name: "HTTP/1.2", send: ask("HTTP/1.2", hostLine), want: old},
		{name: "HTTP/2.0 in words", send: ask("HTTP/2.0", hostLine), want: old},
		{name: "HTTP/9.9", send: ask("HTTP/9.9", hostLine), want: old},
		{name: "version in lower case", send: ask("http/1.1", hostLine), want: old},
		{name: "version without a dot", send: ask("HTTP/11", hostLine), want: old},
		{name: "version of another protocol", send: ask("SIP/2.0", hostLine), want: old},
		{name: "version without numbers", send: ask("HTTP/a.b", hostLine), want: old},
		{name: "preface of HTTP/2", send: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", want: old},
		{name: "upgrade to h2c", send: get("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n"), want: served, keep: true},
		{name: "upgrade to a web socket", send: get("Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: AA==\r\nSec-WebSocket-Version: 13\r\n"), want: served, keep: true},
	}
}

func chunks() []framingCase {
	var out []framingCase
	for name, body := range map[string]string{
		"hexadecimal sign": "0x2\r\n{}\r\n0\r\n\r\n", "minus": "-2\r\n{}\r\n0\r\n\r\n", "plus": "+2\r\n{}\r\n0\r\n\r\n", "size ended by LF": "2\n{}\r\n0\r\n\r\n", "no size": "\r\n{}\r\n0\r\n\r\n",
		"huge": "FFFFFFFFFFFFFFFFF\r\n{}\r\n0\r\n\r\n", "around 2^64": "10000000000000002\r\n{}\r\n0\r\n\r\n", "no line end": "2\r\n{}X0\r\n\r\n", "data ended by LF": "2\r\n{}\n0\r\n\r\n",
		"LF in an extension": "2;a=b\nX\r\n{}\r\n0\r\n\r\n", "a word behind the size": "2 x\r\n{}\r\n0\r\n\r\n", "a comma": "2,2\r\n{}\r\n0\r\n\r\n", "underscore": "0_2\r\n{}\r\n0\r\n\r\n",
		"longer than its size": "1\r\n{}\r\n0\r\n\r\n", "CR alone behind the size": "2\r{}\r\n0\r\n\r\n", "space before the size": " 2\r\n{}\r\n0\r\n\r\n",
	} {
		out = append(out, framingCase{name: "chunk with " + name, send: post(body+smuggled, chunkedLine), want: append(slices.Clone(refused), 413)})
	}
	return append(out,
		framingCase{name: "chunk with an extension", send: post("2;a=b\r\n{}\r\n0\r\n\r\n", chunkedLine), want: known, keep: true},
		framingCase{name: "chunk size with zeros first", send: post("0002\r\n{}\r\n000\r\n\r\n", chunkedLine), want: known, keep: true},
		framingCase{name: "chunks of one byte", send: post("1\r\n{\r\n1\r\n}\r\n0\r\n\r\n", chunkedLine), want: known, keep: true},
		framingCase{name: "chunks beyond the limit", send: post("200000\r\n"+strings.Repeat("a", 100), chunkedLine), want: []int{413, 0}, half: true},
		framingCase{name: "chunk cut off", send: post("20\r\n{}", chunkedLine), want: []int{400, 0}, half: true},
		framingCase{name: "no last chunk", send: post("2\r\n{}\r\n", chunkedLine), want: []int{400, 0}, half: true},
		framingCase{name: "last chunk cut off", send: post("2\r\n{}\r\n0\r\n", chunkedLine), want: []int{400, 0}, half: true},
		framingCase{name: "request in pieces", send: post(twoChunked, chunkedLine), want: known, keep: true, step: 3},
		framingCase{name: "body in pieces", send: post("{}", "Content-Length: 2\r\n"), want: known, keep: true, step: 1},
	)
}

func trailers() []framingCase {
	send := func(trailer string, lines ...string) string {
		return post("2\r\n{}\r\n0\r\n"+trailer+"\r\n", append(lines, chunkedLine)...)
	}
	either := []int{400, 401, 0}
	return []framingCase{
		{name: "trailer", send: send("X-A: b\r\n", "Trailer: X-A\r\n"), want: known, keep: true},
		{name: "trailer not announced", send: send("X-A: b\r\n"), want: either},
		{name: "length in the trailer", send: send("Content-Length: 200\r\n", "Trailer: Content-Length\r\n"), want: either},
		{name: "coding in the trailer", send: send("Transfer-Encoding: chunked\r\n"), want: either},
		{name: "host in the trailer", send: send("Host: evil.test\r\n"), want: either},
		{name: "cookie in the trailer", send: send("Cookie: zhixing=x\r\n"), want: either},
		{name: "bare LF in the trailer", send: send("X-A: b\nX-B: c\r\n"), want: either},
		{name: "trailer without a colon", send: send("XA\r\n"), want: refused},
		{name: "NUL in the trailer", send: send("X-A: b\x00\r\n"), want: refused},
		{name: "trailer of 20,000 characters", send: send("X-A: " + strings.Repeat("b", 20000) + "\r\n"), want: []int{400, 431, 0}},
	}
}

func others() []framingCase {
	return []framingCase{
		{name: "expects 100-continue", send: post("{}", "Content-Length: 2\r\nExpect: 100-continue\r\n"), want: known, keep: true},
		{name: "expects 100-continue of too much", send: post("", "Content-Length: 2000000\r\nExpect: 100-continue\r\n"), want: []int{413, 417, 0}},
		{name: "expects 100-continue of chunks", send: post(twoChunked, chunkedLine, "Expect: 100-continue\r\n"), want: known, keep: true},
		{name: "expects 100-continue with both", send: post("0\r\n\r\n"+smuggled, "Content-Length: 5\r\n", chunkedLine, "Expect: 100-continue\r\n"), want: refused},
		{name: "expects something else", send: post("{}", "Content-Length: 2\r\nExpect: evil\r\n"), want: []int{401, 417}},
		{name: "expects 100-continue of nothing", send: get("Expect: 100-continue\r\n"), want: []int{200, 417}},
		{name: "asks to close", send: get("Connection: close\r\n"), want: served},
		{name: "asks to close and to keep", send: get("Connection: keep-alive, close\r\n"), want: served},
		{name: "drops a line as hop by hop", send: get("Connection: X-Request-Id, Host\r\n"), want: served, keep: true},
		{name: "coded body that is none", send: post("{}", "Content-Length: 2\r\nContent-Encoding: gzip\r\n"), want: append(known, 400), keep: true},
		{name: "TLS on the plain port", send: "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", want: refused},
		{name: "nothing but line ends", send: strings.Repeat("\r\n", 50), want: []int{0}, waits: true, none: true, keep: true},
	}
}
