package question_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"zhixing/domain"
	"zhixing/domain/question"

	"pgregory.net/rapid"
)

func single() question.Content {
	return question.Content{
		Kind: question.Single, Stem: "党的根本宗旨是什么？",
		Options: []question.Option{{Text: "全心全意为人民服务"}, {Text: "实事求是"}, {Text: "群众路线"}}, Key: []string{"A"},
	}
}

func TestContentValidate(t *testing.T) {
	tests := map[string]struct {
		change func(c *question.Content)
		at     string // location of the one error, "" for a valid content
		reason string
	}{
		"ok":                  {change: func(*question.Content) {}},
		"judgement by itself": {change: func(c *question.Content) { c.Kind, c.Options, c.Key = "judgement", nil, []string{"false"} }},
		"multiple":            {change: func(c *question.Content) { c.Kind, c.Key = "multiple", []string{"C", "A"} }},
		"kind unknown":        {func(c *question.Content) { c.Kind = "essay" }, "body.kind", "question.kind_unknown"},
		"no stem":             {func(c *question.Content) { c.Stem = " \n " }, "body.stem", "question.text_missing"},
		"stem too long":       {func(c *question.Content) { c.Stem = strings.Repeat("长", 4001) }, "body.stem", "question.text_too_long"},
		"NUL":                 {func(c *question.Content) { c.Stem = "a\x00b" }, "body.stem", "question.text_not_valid"},
		"one option":          {func(c *question.Content) { c.Options = c.Options[:1] }, "body.options", "question.options_out_of_range"},
		"two for multiple": {
			func(c *question.Content) { c.Kind, c.Options, c.Key = "multiple", c.Options[:2], []string{"A", "B"} },
			"body.options", "question.options_out_of_range",
		},
		"13 options":       {func(c *question.Content) { c.Options = make([]question.Option, 13) }, "body.options", "question.options_out_of_range"},
		"same id":          {func(c *question.Content) { c.Options[1].ID, c.Options[2].ID = "A", "C" }, "body.options[1].id", "question.option_id_repeated"},
		"same text":        {func(c *question.Content) { c.Options[1].Text = c.Options[0].Text + " " }, "body.options[1].text", "question.option_text_repeated"},
		"empty text":       {func(c *question.Content) { c.Options[2].Text = " " }, "body.options[2].text", "question.text_missing"},
		"no key":           {func(c *question.Content) { c.Key = nil }, "body.key", "question.key_missing"},
		"foreign key":      {func(c *question.Content) { c.Key = []string{"Z"} }, "body.key", "question.key_not_an_option"},
		"two keys":         {func(c *question.Content) { c.Key = []string{"A", "B"} }, "body.key", "question.key_not_single"},
		"repeated key":     {func(c *question.Content) { c.Kind, c.Key = "multiple", []string{"A", "A"} }, "body.key", "question.key_not_an_option"},
		"one of multiple":  {func(c *question.Content) { c.Kind = "multiple" }, "body.key", "question.key_needs_two"},
		"judgement edited": {func(c *question.Content) { c.Kind, c.Options, c.Key = "judgement", c.Options[:2], []string{"A"} }, "body.options", "question.judgement_options_fixed"},
		"points":           {func(c *question.Content) { c.PointsMilli = -1 }, "body.points_milli", "question.points_out_of_range"},
		"difficulty":       {func(c *question.Content) { c.Difficulty = 6 }, "body.difficulty", "question.difficulty_out_of_range"},
		"long tag":         {func(c *question.Content) { c.Tags = []string{strings.Repeat("签", 31)} }, "body.tags[0]", "question.text_too_long"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := single()
			tt.change(&c)
			err := c.Normalise().Validate()
			if tt.at == "" {
				if err != nil {
					t.Fatalf("refused: %v", err)
				}
				return
			}
			e, ok := errors.AsType[*domain.Error](err)
			if !ok || e.Code != domain.Invalid || len(e.Fields) != 1 {
				t.Fatalf("want one wrong field, got %+v", err)
			}
			if e.Fields[0].Location != tt.at || e.Fields[0].Reason != tt.reason {
				t.Errorf("got %+v, want %s at %s", e.Fields[0], tt.reason, tt.at)
			}
		})
	}
}

// Normalising twice is normalising once, and what is kept keeps its key among
// its options.
func TestNormaliseIsIdempotent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := question.Content{
			Kind: rapid.SampledFrom(question.Kinds()).Draw(t, "kind"),
			Stem: rapid.String().Draw(t, "stem"),
			Options: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) question.Option {
				return question.Option{ID: rapid.SampledFrom([]string{"", " B", "x"}).Draw(t, "id"), Text: rapid.String().Draw(t, "text")}
			}), 0, 12).Draw(t, "options"),
			Key:  rapid.SliceOfN(rapid.SampledFrom([]string{"A", "B", "true"}), 0, 3).Draw(t, "key"),
			Tags: rapid.SliceOf(rapid.SampledFrom([]string{" 党章", "党章", "", "历史"})).Draw(t, "tags"),
		}
		once := c.Normalise()
		twice := once.Normalise()
		if once.Stem != twice.Stem || !slices.Equal(once.Options, twice.Options) || !slices.Equal(once.Tags, twice.Tags) {
			t.Fatalf("once %+v, twice %+v", once, twice)
		}
		if once.Validate() == nil {
			for _, k := range once.Key {
				if !slices.ContainsFunc(once.Options, func(o question.Option) bool { return o.ID == k }) {
					t.Fatalf("key %q is no option", k)
				}
			}
		}
	})
}
