package api

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"html/template"
	"sort"
	"strings"

	"github.com/gofiber/fiber/v2"
)

//go:embed docs.html
var docsHTML string

var docsTemplate = template.Must(template.New("docs").Parse(docsHTML))

// docsPage is the OpenAPI document as people read it: plain HTML, no script.
type docsPage struct {
	Title, Version, Description string
	Groups                      []docsGroup
	Schemas                     []docsSchema
}

type docsGroup struct {
	Name       string
	Operations []docsOperation
}

type docsOperation struct {
	ID, Method, Path, Permission, Scope string
	Parameters                          []docsParameter
	Request                             []docsContent
	Responses                           []docsContent
}

type docsParameter struct{ Name, In, Schema, Description string }

type docsContent struct{ Status, Type, Ref, Schema string }

type docsSchema struct{ Name, Body string }

// apiDocs handles GET /api/docs.
func (s *Server) apiDocs(c *fiber.Ctx) error {
	page, err := s.docsPage()
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, fiber.MIMETextHTMLCharsetUTF8)
	return c.Send(page)
}

func (s *Server) docsPage() ([]byte, error) {
	raw, err := s.OpenAPI()
	if err != nil {
		return nil, err
	}
	var doc struct {
		Info       struct{ Title, Version, Description string }
		Paths      map[string]map[string]json.RawMessage
		Components struct{ Schemas map[string]json.RawMessage }
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		return nil, err
	}
	page := docsPage{Title: doc.Info.Title, Version: doc.Info.Version, Description: doc.Info.Description}
	groups := map[string][]docsOperation{}
	for path, methods := range doc.Paths {
		for method, body := range methods {
			op, tag, err := docsOperationOf(method, path, body)
			if err != nil {
				return nil, err
			}
			groups[tag] = append(groups[tag], op)
		}
	}
	for name, ops := range groups {
		sort.Slice(ops, func(i, j int) bool {
			return ops[i].Path+" "+ops[i].Method < ops[j].Path+" "+ops[j].Method
		})
		page.Groups = append(page.Groups, docsGroup{name, ops})
	}
	sort.Slice(page.Groups, func(i, j int) bool { return page.Groups[i].Name < page.Groups[j].Name })
	for name, body := range doc.Components.Schemas {
		page.Schemas = append(page.Schemas, docsSchema{name, indented(body)})
	}
	sort.Slice(page.Schemas, func(i, j int) bool { return page.Schemas[i].Name < page.Schemas[j].Name })
	var out bytes.Buffer
	err = docsTemplate.Execute(&out, page)
	return out.Bytes(), err
}

func docsOperationOf(method, path string, body json.RawMessage) (op docsOperation, tag string, err error) {
	type content = map[string]struct{ Schema json.RawMessage }
	var in struct {
		OperationID string `json:"operationId"`
		Tags        []string
		Permission  string `json:"x-permission"`
		Scope       string `json:"x-scope"`
		Parameters  []struct {
			Name, In, Description string
			Schema                json.RawMessage
		}
		RequestBody struct{ Content content }
		Responses   map[string]struct{ Content content }
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return op, "", err
	}
	op = docsOperation{ID: in.OperationID, Method: strings.ToUpper(method), Path: apiPrefix + path, Permission: in.Permission, Scope: in.Scope}
	for _, p := range in.Parameters {
		op.Parameters = append(op.Parameters, docsParameter{p.Name, p.In, string(p.Schema), p.Description})
	}
	op.Request = docsContents("", in.RequestBody.Content)
	for status, r := range in.Responses {
		op.Responses = append(op.Responses, docsContents(status, r.Content)...)
	}
	sort.Slice(op.Responses, func(i, j int) bool { return op.Responses[i].Status < op.Responses[j].Status })
	tag = "other"
	if len(in.Tags) > 0 {
		tag = in.Tags[0]
	}
	return op, tag, nil
}

func docsContents(status string, content map[string]struct{ Schema json.RawMessage }) []docsContent {
	var out []docsContent
	for kind, c := range content {
		d := docsContent{Status: status, Type: kind}
		var ref struct {
			Ref string `json:"$ref"`
		}
		if json.Unmarshal(c.Schema, &ref) == nil && ref.Ref != "" {
			d.Ref = ref.Ref[strings.LastIndex(ref.Ref, "/")+1:]
		} else {
			d.Schema = indented(c.Schema)
		}
		out = append(out, d)
	}
	return out
}

func indented(body json.RawMessage) string {
	var out bytes.Buffer
	if json.Indent(&out, body, "", "  ") != nil {
		return string(body)
	}
	return out.String()
}
