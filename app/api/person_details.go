package api

import (
	"context"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"zhixing/app"
	"zhixing/domain"
	"zhixing/domain/audit"
	"zhixing/domain/org"
)

type updatePersonInput struct {
	ID   string `path:"id" maxLength:"64"`
	Body struct {
		Version int     `json:"version" minimum:"1" doc:"The version that was read; another one since then is a conflict"`
		Number  string  `json:"number" maxLength:"64"`
		Name    string  `json:"name" maxLength:"200"`
		Kind    string  `json:"kind" maxLength:"32"`
		Gender  string  `json:"gender,omitempty" maxLength:"32"`
		BornOn  string  `json:"born_on,omitempty" maxLength:"32"`
		Phone   string  `json:"phone,omitempty" maxLength:"40"`
		Email   string  `json:"email,omitempty" maxLength:"300"`
		IDCard  *string `json:"id_card,omitempty" maxLength:"40" doc:"None keeps it, an empty one takes it away"`
	}
}

type personVersionOutput struct {
	Body struct {
		ID      string `json:"id"`
		Version int    `json:"version"`
	}
}

func versionOf(p *org.Person) *personVersionOutput {
	out := &personVersionOutput{}
	out.Body.ID, out.Body.Version = p.ID, p.Version
	return out
}

// updatePerson handles PUT /api/v1/people/{id}.
func (s *Server) updatePerson(ctx context.Context, who app.Actor, in *updatePersonInput) (*personVersionOutput, error) {
	b := in.Body
	p, err := s.People.UpdateDetails(ctx, who, in.ID, b.Version, org.Details{
		Number: b.Number, Name: b.Name, Kind: b.Kind, Gender: b.Gender, BornOn: b.BornOn, Phone: b.Phone, Email: b.Email, IDCard: b.IDCard,
	})
	if err != nil {
		return nil, err
	}
	return versionOf(p), nil
}

type revealOutput struct {
	Body struct {
		IDCard string `json:"id_card"`
	}
}

// revealPerson handles POST /api/v1/people/{id}/reveal; the reason is kept.
func (s *Server) revealPerson(ctx context.Context, who app.Actor, in *reasonInput) (*revealOutput, error) {
	card, err := s.People.Reveal(ctx, who, in.ID, in.Body.Reason)
	if err != nil {
		return nil, err
	}
	out := &revealOutput{}
	out.Body.IDCard = string(card)
	return out, nil
}

// setPhoto handles POST /api/v1/people/{id}/photo?version=: the raw bytes of a
// JPEG, PNG or GIF, at most 4 MiB; none take the photo away.
func (s *Server) setPhoto(c *fiber.Ctx, who app.Actor) error {
	version, err := strconv.Atoi(c.Query("version"))
	if err != nil {
		return domain.E(domain.Conflict, "person.changed_meanwhile")
	}
	p, err := s.People.SetPhoto(c.UserContext(), who, c.Params("id"), version, c.Request().Body())
	if err != nil {
		return err
	}
	return c.JSON(versionOf(p).Body)
}

// getPhoto handles GET /api/v1/people/{id}/photo.
func (s *Server) getPhoto(c *fiber.Ctx, who app.Actor) error {
	key, err := s.People.Photo(c.UserContext(), who, c.Params("id"))
	if err != nil {
		return err
	}
	if err := s.noteShown(c.UserContext(), who, audit.ReadPhoto, c.Params("id")); err != nil {
		return err
	}
	return s.picture(c, key, strings.NewReplacer("/", "-", ".jpg", "").Replace(key), "person.no_photo")
}

func photoURL(p *org.Person) string {
	if p.PhotoKey == "" {
		return ""
	}
	return apiPrefix + "/people/" + p.ID + "/photo?v=" + strconv.Itoa(p.Version)
}
