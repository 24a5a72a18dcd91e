package api_test

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"

	"zhixing/app/api/apitest"
	"zhixing/domain/job"
)

// orderAudit orders a file of the audit log, has it made and returns its rows
// below the head.
func (c *exporting) orderAudit(who *apitest.Client, filter map[string]any) (orderedFile, [][]string) {
	c.Helper()
	var e orderedFile
	who.Do("POST", "/audit-exports", map[string]any{"filter": filter, "format": "csv", "reason": "年度检查"}).Want(200).Into(&e)
	if err := c.x.Make(c.Context(), job.ExportHours{ExportID: e.ID}); err != nil {
		c.Fatal(err)
	}
	who.Do("GET", "/exports/"+e.ID, nil).Want(200).Into(&e)
	r := csv.NewReader(bytes.NewReader(who.Do("GET", e.FileURL, nil).Want(200).Body))
	r.FieldsPerRecord = -1
	all, err := r.ReadAll()
	if err != nil {
		c.Fatal(err)
	}
	for i, row := range all {
		if strings.TrimPrefix(row[0], "\ufeff") == "序号" {
			return e, all[i+1:]
		}
	}
	c.Fatalf("no head in %v", all)
	return e, nil
}

// The auditor searches by words of the entry and takes away what he found; that
// he did is in the log, with the reason. A grant for a branch reaches the deeds of
// its people and no other.
// Seen red: with the scope taken out of the statement that lists the entries, and
// out of the count.
func TestAuditExport(t *testing.T) {
	c := newExporting(t)
	auditor := c.Person(t, "U1", "审计", "auditor")
	branch := c.Person(t, "U2", "支部审计", "auditor@"+c.one)
	c.Join(t, branch.PersonID, c.one, "party")
	c.admin.Do("POST", "/units", map[string]any{"tree": "party", "name": "反诈知识小组", "kind": "committee"}).Want(200)
	var page auditPage
	auditor.Do("GET", "/audit-events?text=反诈&action=unit.", nil).Want(200).Into(&page)
	if len(page.Items) != 1 || page.Items[0].Action != "unit.create" {
		t.Fatalf("by words: %+v", page.Items)
	}
	e, rows := c.orderAudit(auditor, map[string]any{"text": "反诈", "action": "unit."})
	if len(rows) != 1 || e.RowCount != 1 || rows[0][2] != "管理员" || rows[0][6] != "反诈知识小组" || !strings.Contains(rows[0][8], "反诈知识") || len(rows[0][11]) != 64 {
		t.Errorf("%+v %v", e, rows)
	}
	branch.Do("GET", "/audit-events?text=反诈&action=unit.", nil).Want(200).Into(&page)
	if len(page.Items) != 0 {
		t.Errorf("the branch's auditor found %+v", page.Items)
	}
	if _, rows := c.orderAudit(branch, map[string]any{"text": "反诈", "action": "unit."}); len(rows) != 0 {
		t.Errorf("the branch's auditor took %v", rows)
	}
	if _, rows := c.orderAudit(branch, nil); len(rows) == 0 {
		t.Error("his own deeds are not there")
	}
	for _, action := range []string{"audit.export", "audit.export_made", "audit.export_download"} {
		auditor.Do("GET", "/audit-events?action="+action+"&actor="+auditor.PersonID, nil).Want(200).Into(&page)
		if len(page.Items) == 0 || page.Items[len(page.Items)-1].Detail["reason"] != "年度检查" {
			t.Errorf("%s: %+v", action, page.Items)
		}
	}
	if r := c.Person(t, "U3", "书记", "secretary").Do("POST", "/audit-exports", map[string]any{"format": "csv", "reason": "看看"}); r.Status != 403 {
		t.Errorf("a secretary: %d", r.Status)
	}
}
