package api_test

import (
	"bytes"
	"image"
	"image/jpeg"
	"image/png"
	"net/http"
	"strconv"
	"testing"
	"time"

	"zhixing/app"
	"zhixing/app/api"
	"zhixing/app/api/apitest"
	"zhixing/storage/object"
	"zhixing/storage/object/objecttest"
	"zhixing/storage/postgres"
)

// A photo is made anew, kept once, shown within the reach of who looks, and taken
// away. What is refused changes nothing.
// Seen red: with the old file left in the store, with the raw bytes kept in place of
// our JPEG, with the scope left out of Photo, and with the look at it not noted.
func TestPersonPhoto(t *testing.T) {
	var objects *object.Store
	e := apitest.New(t, func(s *api.Server, db *postgres.DB) {
		objects = objecttest.New(t)
		s.People.Objects = objects
		s.Streams = &app.Streams{Store: db.Media(), Objects: objects, Now: time.Now}
	})
	v := newTree(t, e)
	admin := e.Person(t, "admin", "管理员", "admin")
	id := v.people["own"]
	var raw bytes.Buffer
	if err := png.Encode(&raw, image.NewNRGBA(image.Rect(0, 0, 1200, 1600))); err != nil {
		t.Fatal(err)
	}
	version := func() int {
		t.Helper()
		return int(admin.Do("GET", "/people/"+id, nil).Want(200).JSON()["version"].(float64))
	}
	set := func(who *apitest.Client, person string, version int, body []byte) *apitest.Reply {
		t.Helper()
		return who.Do("POST", "/people/"+person+"/photo?version="+strconv.Itoa(version), body)
	}
	stored := func() []string {
		t.Helper()
		keys, err := objects.Keys(t.Context(), "photos/", 10)
		if err != nil {
			t.Fatal(err)
		}
		return keys
	}
	admin.Do("GET", "/people/"+id+"/photo", nil).Want(404, "person.no_photo")
	for name, x := range map[string]struct {
		body   []byte
		status int
		reason string
	}{
		"text":       {[]byte("not a picture"), 422, "media.bad_image"},
		"svg":        {[]byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`), 422, "media.bad_image"},
		"pixel bomb": {pngHeader(20000, 20000), 413, "media.image_too_large"},
	} {
		if r := set(admin, id, version(), x.body); r.Status != x.status || r.Reason() != x.reason {
			t.Errorf("%s: %d %s", name, r.Status, r.Reason())
		}
	}
	set(admin, id, version()+1, raw.Bytes()).Want(409, "person.changed_meanwhile")
	if keys := stored(); len(keys) != 0 {
		t.Errorf("what was refused lies in the store: %v", keys)
	}
	set(admin, id, version(), raw.Bytes()).Want(200)
	set(admin, id, version(), raw.Bytes()).Want(200)
	if keys := stored(); len(keys) != 1 {
		t.Errorf("stored: %v", keys)
	}
	url, _ := admin.Do("GET", "/people/"+id, nil).Want(200).JSON()["photo_url"].(string)
	shown := admin.Do("GET", url, nil).Want(200)
	cfg, err := jpeg.DecodeConfig(bytes.NewReader(shown.Body))
	if err != nil || cfg.Width != 480 || cfg.Height != 640 || shown.Header.Get("Content-Type") != "image/jpeg" || shown.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%d bytes of %s, %dx%d, %v", len(shown.Body), shown.Header.Get("Content-Type"), cfg.Width, cfg.Height, err)
	}
	foreign := e.Person(t, "far", "远方书记", "secretary@"+v.foreign)
	foreign.Do("GET", url, nil).Want(http.StatusNotFound, "person.unknown")
	noted := map[string]int{}
	for who, c := range map[string]*apitest.Client{"admin": admin, "foreign": foreign} {
		n := 0
		if err := e.DB.Pool.QueryRow(t.Context(), "SELECT count(*) FROM person_reads WHERE person_id = $1 AND actor_id = $2 AND kind = 'photo'", id, c.PersonID).Scan(&n); err != nil {
			t.Fatal(err)
		}
		noted[who] = n
	}
	if noted["admin"] != 1 || noted["foreign"] != 0 {
		t.Errorf("looks at the photo: %v", noted)
	}
	set(foreign, id, version(), raw.Bytes()).Want(403)
	set(admin, id, version(), nil).Want(200)
	admin.Do("GET", "/people/"+id+"/photo", nil).Want(404, "person.no_photo")
	if keys := stored(); len(keys) != 0 {
		t.Errorf("taken away, and in the store: %v", keys)
	}
}
