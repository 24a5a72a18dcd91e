package api_test

import (
	"net/http"
	"strings"
	"testing"

	"zhixing/app/api/apitest"
)

func TestSignInAndOut(t *testing.T) {
	e := apitest.New(t)
	e.Person(t, "2024001", "李建国")
	anyone := e.Anyone(t)
	anyone.Do("GET", "/session", nil).Want(401, "session.signed_out")
	r := anyone.Do("POST", "/session", map[string]any{"number": "2024001", "password": apitest.Password, "device_id": "d1"}).Want(200)
	cookie := r.Header.Get("Set-Cookie")
	for _, part := range []string{"zhixing=", "HttpOnly", "SameSite=Lax", "Path=/"} {
		if !strings.Contains(cookie, part) {
			t.Errorf("cookie %q lacks %s", cookie, part)
		}
	}
	me := e.Anyone(t)
	me.Headers = map[string]string{"Cookie": strings.SplitN(cookie, ";", 2)[0]}
	body := me.Do("GET", "/session", nil).Want(200).JSON()
	if name := body["person"].(map[string]any)["name"]; name != "李建国" {
		t.Errorf("name %v", name)
	}
	me.Do("DELETE", "/session", nil).Want(200)
	me.Do("GET", "/session", nil).Want(401, "session.signed_out")
}

func TestSignInRefused(t *testing.T) {
	e := apitest.New(t)
	e.Person(t, "2024001", "李建国")
	anyone := e.Anyone(t)
	wrong := map[string]any{"number": "2024001", "password": "no such password"}
	unknown := map[string]any{"number": "nobody", "password": "no such password"}
	a := anyone.Do("POST", "/session", wrong).Want(401, "session.wrong_password").JSON()
	b := anyone.Do("POST", "/session", unknown).Want(401, "session.wrong_password").JSON()
	if a["detail"] != b["detail"] {
		t.Errorf("an unknown number can be told from a wrong password")
	}
	for range 4 {
		anyone.Do("POST", "/session", wrong)
	}
	r := anyone.Do("POST", "/session", wrong).Want(429, "session.throttled")
	if r.JSON()["messages"].(map[string]any)["zh-CN"] == "" {
		t.Error("no Chinese sentence")
	}
	// Another number from the same address goes on: a hall is never locked out.
	e.Person(t, "2024002", "王强")
}

func TestForgeryRefused(t *testing.T) {
	e := apitest.New(t)
	me := e.Person(t, "2024001", "李建国")
	for name, headers := range map[string]map[string]string{
		"no header":      {"X-Zhixing": ""},
		"foreign origin": {"Origin": "https://evil.example"},
		"cross site":     {"Sec-Fetch-Site": "cross-site"},
	} {
		t.Run(name, func(*testing.T) {
			me.Headers = headers
			me.Do("POST", "/session/sign-out-everywhere", nil).Want(403, "session.cross_site")
		})
	}
	me.Headers = map[string]string{"Origin": "http://zhixing.test", "Sec-Fetch-Site": "same-origin"}
	me.Do("POST", "/session/sign-out-everywhere", nil).Want(http.StatusOK)
	me.Do("GET", "/session", nil).Want(401)
}

func TestChangePassword(t *testing.T) {
	e := apitest.New(t)
	me := e.Person(t, "2024001", "李建国")
	other := e.SignIn(t, "2024001", me.PersonID)
	me.Do("POST", "/password", map[string]any{"current": "wrong one", "next": "a new password"}).Want(422, "session.wrong_current_password")
	me.Do("POST", "/password", map[string]any{"current": apitest.Password, "next": "short"}).Want(422, "session.password_too_short")
	me.Do("POST", "/password", map[string]any{"current": apitest.Password, "next": "一个新的登录口令"}).Want(204)
	me.Do("GET", "/session", nil).Want(200)
	other.Do("GET", "/session", nil).Want(401, "session.signed_out")
}

func TestBadInputIsTold(t *testing.T) {
	e := apitest.New(t)
	anyone := e.Anyone(t)
	anyone.Do("POST", "/session", "{").Want(400, "input.malformed")
	anyone.Do("POST", "/session", "").Want(400)
	r := anyone.Do("POST", "/session", map[string]any{"number": "x", "password": "y", "admin": true}).Want(422, "input.invalid")
	if !strings.Contains(string(r.Body), "不认识的字段") || !strings.Contains(string(r.Body), "Unknown field") {
		t.Errorf("not told in both languages: %s", r.Body)
	}
	anyone.Do("GET", "/no-such-thing", nil).Want(404, "server.no_route")
}

// cookieOf returns the name=value that an answer set.
func cookieOf(r *apitest.Reply) string { return strings.SplitN(r.Header.Get("Set-Cookie"), ";", 2)[0] }
