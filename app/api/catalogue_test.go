package api_test

import (
	"bytes"
	"fmt"
	"hash/crc32"
	"net/url"
	"strings"
	"testing"

	"zhixing/app"
	"zhixing/app/api/apitest"
)

func crc32Of(b []byte) uint32 { return crc32.ChecksumIEEE(b) }

type cataloguePage struct {
	Items []struct {
		ID, Title, State string
		Required         bool
		LessonCount      int    `json:"lesson_count"`
		DoneCount        int    `json:"done_count"`
		HoursCenti       int    `json:"hours_centi"`
		EarnedCenti      int    `json:"earned_centi"`
		DurationMs       int    `json:"duration_ms"`
		CoveredMs        int    `json:"covered_ms"`
		CoverURL         string `json:"cover_url"`
	}
	NextPageToken string `json:"next_page_token"`
}

func (p cataloguePage) titles() string {
	var t []string
	for _, c := range p.Items {
		t = append(t, c.Title)
	}
	return strings.Join(t, " ")
}

func catalogue(c *apitest.Client, query string) (p cataloguePage) {
	c.Do("GET", "/catalogue?"+query, nil).Want(200).Into(&p)
	return p
}

// What an audience rule does not open is not there: not listed, not found, no
// byte of it. Seen red: without course_open in LessonTrack the bytes came.
func TestAudienceOpensTheCatalogue(t *testing.T) {
	e := newMediaEnv(t)
	trainer := e.Person(t, "T1", "王教员", "trainer")
	inside, outside := e.Person(t, "L1", "阿依·古丽"), e.Person(t, "L2", "李外")
	party := e.Unit(t, "party", "", "党委")
	branch := e.Unit(t, "party", party, "第一支部")
	e.Join(t, inside.PersonID, branch, "party")
	id, _, lesson := e.courseWith(t, trainer, "支部书记讲党课", map[string]any{"audience": map[string]any{"units": []string{party}}})
	master := "/lessons/" + lesson + "/hls/master.m3u8"
	paths := map[string]string{
		"/catalogue/" + id: "course.not_found", master: "course.lesson_not_found", "/lessons/" + lesson + "/hls/360p.m3u8": "course.lesson_not_found",
		"/lessons/" + lesson + "/hls/360p.m4s": "course.lesson_not_found", "/lessons/" + lesson + "/poster": "course.lesson_not_found", "/courses/" + id + "/cover": "course.not_found",
	}
	for path, reason := range paths { // a draft is there for nobody but its authors
		inside.Do("GET", path, nil).Want(404, reason)
	}
	trainer.Do("GET", master, nil).Want(200)
	trainer.Do("POST", "/courses/"+id+"/publish", nil).Want(200)
	if got := catalogue(inside, "").titles() + "|" + catalogue(outside, "").titles(); got != "支部书记讲党课|" {
		t.Errorf("catalogues %s", got)
	}
	for path, reason := range paths {
		inside.Do("GET", path, nil).Want(200)
		outside.Do("GET", path, nil).Want(404, reason)
	}
	trainer.Do("POST", "/courses/"+id+"/unpublish", nil).Want(200)
	inside.Do("GET", "/catalogue/"+id, nil).Want(404, "course.not_found")
}

func TestCatalogueShowsProgress(t *testing.T) {
	e := newMediaEnv(t)
	trainer, learner := e.Person(t, "T1", "王教员", "trainer"), e.Person(t, "L1", "张学员")
	ids := map[string]string{}
	lessons := map[string]string{}
	for _, title := range []string{"甲", "乙", "丙"} {
		id, _, l := e.courseWith(t, trainer, title, map[string]any{"required": title == "甲"})
		trainer.Do("POST", "/courses/"+id+"/publish", nil).Want(200)
		ids[title], lessons[title] = id, l
	}
	e.watch(t, learner.PersonID, lessons["甲"], 1, 60_000, true)
	e.watch(t, learner.PersonID, lessons["乙"], 1, 15_000, false)
	for query, want := range map[string]string{
		"": "丙 乙 甲", "required=true": "甲", "required=false": "丙 乙", "state=done": "甲", "state=in_progress": "乙", "state=not_started": "丙",
		"state=done&required=false": "",
	} {
		if got := catalogue(learner, query).titles(); got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
	done := catalogue(learner, "state=done").Items[0]
	if done.State != "done" || done.DoneCount != 1 || done.EarnedCenti != 150 || done.HoursCenti != 150 || done.DurationMs != 60_000 || done.CoverURL == "" {
		t.Errorf("%+v", done)
	}
	detail := learner.Do("GET", "/catalogue/"+ids["乙"], nil).Want(200)
	var d struct {
		Course   struct{ State string }
		Chapters []struct {
			Lessons []struct {
				Playable bool
				Progress struct {
					CoveredMs, Percent int
					CompletedAt        *string `json:"completed_at"`
				}
			}
		}
	}
	detail.Into(&d)
	l := d.Chapters[0].Lessons[0]
	if d.Course.State != "in_progress" || !l.Playable || l.Progress.Percent != 25 || l.Progress.CompletedAt != nil {
		t.Errorf("%s", detail.Body)
	}

	// Another medium: what was watched of the old one is not of this one, but
	// what was completed stays completed.
	second := e.ready(t, trainer, 30, noise(10))
	for _, title := range []string{"甲", "乙"} {
		trainer.Do("PUT", "/lessons/"+lessons[title], map[string]any{"title": "第一课时", "medium_id": second, "hours_centi": 150}).Want(200)
	}
	if got := catalogue(learner, "state=done").titles() + "|" + catalogue(learner, "state=not_started").titles(); got != "甲|丙 乙" {
		t.Errorf("after another medium: %s", got)
	}
}

func TestCatalogueSearchAndPages(t *testing.T) {
	e := newMediaEnv(t)
	trainer, learner := e.Person(t, "T1", "王教员", "trainer"), e.Person(t, "L1", "张学员")
	var titles []string
	for _, body := range []map[string]any{
		{"title": "学习贯彻党的二十大精神", "teacher_name": "阿依·古丽"},
		{"title": "中华人民共和国宪法", "tags": []string{"法治"}},
		{"title": "Python 数据分析", "summary": "面向教职工"},
		{"title": "党章学习", "category": "党性教育"},
	} {
		title := fmt.Sprint(body["title"])
		id, _, _ := e.courseWith(t, trainer, title, body)
		trainer.Do("POST", "/courses/"+id+"/publish", nil).Want(200)
		titles = append([]string{title}, titles...)
	}
	for q, want := range map[string]string{
		"学习":       titles[0] + " " + titles[3],
		"学":        titles[0] + " " + titles[3],
		"习":        titles[0] + " " + titles[3],
		"章学":       titles[0],
		"习学":       "",
		"人民共和国":    titles[2],
		"法治":       titles[2],
		"pyth":     titles[1],
		"ＰＹＴＨＯＮ":   titles[1],
		"数据 教职工":   titles[1],
		"阿依古丽":     titles[3],
		"党性 党章":    titles[0],
		"%":        "",
		"' | '党":   titles[0] + " " + titles[3],
		"党章 & !学习": titles[0],
	} {
		if got := catalogue(learner, "q="+url.QueryEscape(q)).titles(); got != want {
			t.Errorf("%s: %s, want %s", q, got, want)
		}
	}
	var seen []string
	for token := ""; ; {
		p := catalogue(learner, "limit=3&page_token="+token)
		if len(p.Items) > 3 {
			t.Fatalf("a page of %d", len(p.Items))
		}
		seen = append(seen, p.titles())
		if token = p.NextPageToken; token == "" {
			break
		}
	}
	if strings.Join(seen, " ") != strings.Join(titles, " ") {
		t.Errorf("pages %v, want %v", seen, titles)
	}
	learner.Do("GET", "/catalogue?page_token=WyJ4IiwieSJd", nil).Want(422, "page.bad_token")
	learner.Do("GET", "/catalogue?state=lost", nil).Want(422, "input.invalid")
	var staff struct{ Items []outlineJSON }
	trainer.Do("GET", "/courses?q=学习&state=published", nil).Want(200).Into(&staff)
	if len(staff.Items) != 2 || staff.Items[0].HoursCenti != 150 {
		t.Errorf("staff list %+v", staff.Items)
	}
}

// The same answers come from the object store and from a copy on this machine.
func TestBytesByRange(t *testing.T) {
	t.Run("from the object store", func(t *testing.T) { bytesByRange(t, newMediaEnv(t)) })
	t.Run("from a copy", func(t *testing.T) {
		e := newMediaEnv(t)
		cache := e.keepCopies(t)
		bytesByRange(t, e)
		if s := cache.Stats(); s.Hits < 9 {
			t.Errorf("%+v: not read from the copy", s)
		}
	})
}

func bytesByRange(t *testing.T, e *mediaEnv) {
	t.Helper()
	trainer, learner := e.Person(t, "T1", "王教员", "trainer"), e.Person(t, "L1", "张学员")
	id, _, lesson := e.courseWith(t, trainer, "课", nil)
	trainer.Do("POST", "/courses/"+id+"/publish", nil).Want(200)
	body := noise(1000)
	variant := lastLine(string(learner.Do("GET", "/lessons/"+lesson+"/hls/master.m3u8", nil).Want(200).Body))
	playlist := learner.Do("GET", "/lessons/"+lesson+"/hls/"+variant, nil).Want(200)
	file := strings.Split(string(playlist.Body), "\n")[2]
	run := strings.TrimPrefix(file, "360p.m4s?v=")
	path := "/lessons/" + lesson + "/hls/360p.m4s"
	etag := `"` + run + `-360p"`
	e.untilCopied(t, learner, path)
	tests := []struct {
		name    string
		query   string
		headers map[string]string
		status  int
		from    int
		to      int // exclusive
	}{
		{"whole", "?v=" + run, nil, 200, 0, 1000},
		{"without a version", "", nil, 200, 0, 1000},
		{"first byte", "?v=" + run, map[string]string{"Range": "bytes=0-0"}, 206, 0, 1},
		{"middle", "?v=" + run, map[string]string{"Range": "bytes=200-299"}, 206, 200, 300},
		{"to the end", "", map[string]string{"Range": "bytes=990-"}, 206, 990, 1000},
		{"the last", "", map[string]string{"Range": "bytes=-10"}, 206, 990, 1000},
		{"beyond", "", map[string]string{"Range": "bytes=1000-"}, 416, 0, 0},
		{"several", "", map[string]string{"Range": "bytes=0-1,5-6"}, 200, 0, 1000},
		{"known", "", map[string]string{"If-None-Match": etag}, 304, 0, 0},
		{"range of this one", "", map[string]string{"Range": "bytes=0-9", "If-Range": etag}, 206, 0, 10},
		{"range of another one", "", map[string]string{"Range": "bytes=0-9", "If-Range": `"old"`}, 200, 0, 1000},
		{"another version", "?v=" + app.NewID(), nil, 404, 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			with := *learner
			with.Headers = tt.headers
			r := with.Do("GET", path+tt.query, nil).Want(tt.status)
			switch tt.status {
			case 416:
				if r.Header.Get("Content-Range") != "bytes */1000" || r.Reason() != "media.no_range" {
					t.Errorf("%v %s", r.Header, r.Body)
				}
				return
			case 404:
				r.Want(404, "media.version_gone")
				return
			case 304:
				return
			case 206:
				if want := fmt.Sprintf("bytes %d-%d/1000", tt.from, tt.to-1); r.Header.Get("Content-Range") != want {
					t.Errorf("Content-Range %s, want %s", r.Header.Get("Content-Range"), want)
				}
			}
			if !bytes.Equal(r.Body, body[tt.from:tt.to]) {
				t.Errorf("%d bytes, want %d", len(r.Body), tt.to-tt.from)
			}
			if cache := r.Header.Get("Cache-Control"); !strings.HasPrefix(cache, "private") || (tt.query != "") != strings.Contains(cache, "immutable") {
				t.Errorf("Cache-Control %q", cache)
			}
			if r.Header.Get("ETag") != etag || r.Header.Get("Accept-Ranges") != "bytes" || r.Header.Get("Content-Type") != "video/mp4" {
				t.Errorf("headers %v", r.Header)
			}
		})
	}
	learner.Do("GET", "/lessons/"+lesson+"/hls/1080p.m4s", nil).Want(404, "media.not_found")
	with := *learner
	with.Headers = map[string]string{"If-None-Match": playlist.Header.Get("ETag")}
	with.Do("GET", "/lessons/"+lesson+"/hls/"+variant, nil).Want(304)
}
