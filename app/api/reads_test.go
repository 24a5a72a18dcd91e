package api_test

import (
	"testing"

	"zhixing/app/api/apitest"
	"zhixing/domain/job"
)

type look struct{ By, What string }

// looks are what a person is told of who saw his data, over pages of two.
func looksAt(t *testing.T, who *apitest.Client) map[look]int {
	t.Helper()
	out, token := map[look]int{}, ""
	for {
		var page struct {
			Items         []look
			NextPageToken string `json:"next_page_token"`
		}
		who.Do("GET", "/me/looks?limit=2&page_token="+token, nil).Want(200).Into(&page)
		for _, l := range page.Items {
			out[l]++
		}
		if token = page.NextPageToken; token == "" {
			return out
		}
	}
}

// Whoever is shown somebody's data is noted before the answer leaves, a list once
// a day however often it is asked for, a record each time; files name everybody in
// them; what one reads of oneself, and who is outside of the reader's scope, is not noted.
// Seen red: with lists left out of noteReads, and with the file not noting whom it shows.
func TestReadsOfOthersAreNoted(t *testing.T) {
	c := newExporting(t)
	secretary := c.Person(t, "S1", "书记", "secretary@"+c.one)
	c.Join(t, secretary.PersonID, c.one, "party")
	me, other := c.Person(t, "P1", "本人"), c.Person(t, "P2", "别人")
	c.Join(t, me.PersonID, c.one, "party")
	c.Join(t, other.PersonID, c.two, "party")
	for range 3 {
		secretary.Do("GET", "/people", nil).Want(200)
	}
	secretary.Do("GET", "/people/"+me.PersonID, nil).Want(200)
	secretary.Do("GET", "/people/"+me.PersonID, nil).Want(200)
	var e orderedFile
	secretary.Do("POST", "/people-exports", map[string]any{"columns": []string{"stage"}, "format": "csv", "reason": "上报"}).Want(200).Into(&e)
	if err := c.x.Make(t.Context(), job.ExportHours{ExportID: e.ID}); err != nil {
		t.Fatal(err)
	}
	got := looksAt(t, me)
	want := map[look]int{{"书记", "list"}: 1, {"书记", "read"}: 2, {"书记", "export"}: 1}
	for l, n := range want {
		if got[l] != n {
			t.Errorf("%v: %d, want %d", l, got[l], n)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%v", got)
	}
	if got := looksAt(t, other); len(got) != 0 {
		t.Errorf("outside of the scope: %v", got)
	}
	if got := looksAt(t, secretary); len(got) != 0 {
		t.Errorf("of himself: %v", got)
	}
}
