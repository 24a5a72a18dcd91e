package app

import (
	"bytes"
	"context"
	"log/slog"
	"strings"

	"zhixing/domain"
	"zhixing/domain/org"
)

// UpdateDetails sets what is known of a person besides the dated facts. version
// is the one that the reader saw. Errors: NotFound "person.unknown", Invalid
// "person.details_refused" with a field error per wrong value, Conflict
// "person.changed_meanwhile", "person.number_taken", "person.is_merged".
// A number is what peers vouch for: nobody changes his own (Forbidden
// "person.number_own"), and that of who holds roles only those who may grant roles
// to anyone ("person.account_holds_roles").
func (u *People) UpdateDetails(ctx context.Context, who Actor, id string, version int, d org.Details) (*org.Person, error) {
	return u.changePerson(ctx, who, id, version, func(ctx context.Context, tx org.PersonStore, p *org.Person) ([]any, error) {
		today, err := tx.Today(ctx)
		if err != nil {
			return nil, err
		}
		number := p.Number
		detail, err := setDetails(u.Seals, p, today, d)
		if err != nil || p.Number == number {
			return detail, err
		}
		if p.ID == who.PersonID {
			return nil, domain.E(domain.Forbidden, "person.number_own").At("body.number", "person.number_own")
		}
		return detail, mayHandle(ctx, tx, who, p.ID)
	})
}

// setDetails checks and sets; it returns the audit's detail: which fields
// changed, never what they say: an entry of the log can never be erased.
func setDetails(seals org.Sealer, p *org.Person, today string, d org.Details) ([]any, error) {
	card, bad := d.Check(today)
	if len(bad) > 0 {
		e := domain.E(domain.Invalid, "person.details_refused", "count", len(bad))
		for _, f := range bad {
			e.Fields = append(e.Fields, domain.FieldError{Location: "body." + f.Location, Reason: f.Reason, Params: f.Params})
		}
		return nil, e
	}
	was := *p
	p.Number, p.Name, p.Kind, p.Gender, p.BornOn, p.Phone, p.Email = d.Number, d.Name, d.Kind, optional(d.Gender), optional(d.BornOn), d.Phone, d.Email
	if d.IDCard != nil {
		if err := sealIDCard(seals, p, card); err != nil {
			return nil, err
		}
	}
	var fields []string
	for _, c := range []struct {
		name   string
		change bool
	}{
		{"number", was.Number != p.Number},
		{"name", was.Name != p.Name},
		{"kind", was.Kind != p.Kind},
		{"gender", text(was.Gender) != text(p.Gender)},
		{"born_on", text(was.BornOn) != text(p.BornOn)},
		{"phone", was.Phone != p.Phone},
		{"email", was.Email != p.Email},
		{"id_card", !bytes.Equal(was.IDCardDigest, p.IDCardDigest)},
	} {
		if c.change {
			fields = append(fields, c.name)
		}
	}
	return []any{"fields", fields}, nil
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// sealIDCard puts a checked id number into the person's row, "" takes it away.
func sealIDCard(seals org.Sealer, p *org.Person, card org.IDCard) error {
	if card == "" {
		p.IDCardSealed, p.IDCardDigest, p.IDCardMask = nil, nil, ""
		return nil
	}
	sealed, err := seals.Seal(idCardPurpose(p.ID), []byte(card))
	if err != nil {
		return err
	}
	p.IDCardSealed, p.IDCardDigest, p.IDCardMask = &sealed, seals.Digests(org.IDCardPurpose, []byte(card))[0], card.Mask()
	return nil
}

func idCardPurpose(personID string) string { return org.IDCardPurpose + ":" + personID }

// changePerson locks a person within the scope, changes the row and keeps who
// did it.
func (u *People) changePerson(ctx context.Context, who Actor, id string, version int,
	fn func(ctx context.Context, tx org.PersonStore, p *org.Person) ([]any, error),
) (*org.Person, error) {
	id, err := ParseID(id, "person.unknown")
	if err != nil {
		return nil, err
	}
	var p *org.Person
	err = u.Store.InTx(ctx, func(ctx context.Context, tx org.PersonStore) error {
		if p, err = tx.PersonForUpdate(ctx, who.Scope(org.PermPeopleManage), id); err != nil {
			return err
		}
		switch {
		case p.MergedInto != nil:
			return domain.E(domain.Conflict, "person.is_merged")
		case version != p.Version:
			return domain.E(domain.Conflict, "person.changed_meanwhile")
		}
		detail, err := fn(ctx, tx, p)
		if err != nil {
			return err
		}
		if err := tx.SaveDetails(ctx, p); err != nil {
			return err
		}
		if err := recompute(ctx, tx, id, "1900-01-01"); err != nil { // lists of hours show name, number and kind
			return err
		}
		return tx.Audit(ctx, who.Did("person.update", "person", id, detail...))
	})
	if err != nil {
		return nil, err
	}
	return p, nil
}

// Reveal shows what is masked: the whole id number, for a reason that is kept.
// Errors: NotFound "person.unknown", "person.no_id_card", Invalid
// "person.reason_missing".
func (u *People) Reveal(ctx context.Context, who Actor, id, reason string) (org.IDCard, error) {
	id, err := ParseID(id, "person.unknown")
	if err != nil {
		return "", err
	}
	if reason = strings.TrimSpace(reason); reason == "" {
		return "", domain.E(domain.Invalid, "person.reason_missing").At("body.reason", "person.reason_missing")
	}
	var card org.IDCard
	err = u.Store.InTx(ctx, func(ctx context.Context, tx org.PersonStore) error {
		p, err := tx.PersonForUpdate(ctx, who.Scope(org.PermPeopleManage), id)
		if err != nil {
			return err
		}
		if p.IDCardSealed == nil {
			return domain.E(domain.NotFound, "person.no_id_card")
		}
		plain, err := u.Seals.Open(idCardPurpose(id), *p.IDCardSealed)
		if err != nil {
			return err
		}
		card = org.IDCard(plain)
		return tx.Audit(ctx, who.Did("person.reveal", "person", id, "field", "id_card", "reason", reason))
	})
	if err != nil {
		return "", err
	}
	return card, nil
}

// photoWidth is that of a photo in pixels.
const photoWidth = 480

// SetPhoto makes a picture the person's photo; no bytes take it away. It is made
// anew: what reaches a browser is our JPEG. Errors: NotFound "person.unknown",
// as pictureJPEG, as UpdateDetails.
func (u *People) SetPhoto(ctx context.Context, who Actor, id string, version int, raw []byte) (*org.Person, error) {
	id, err := ParseID(id, "person.unknown")
	if err != nil {
		return nil, err
	}
	if in, err := u.Store.InScope(ctx, who.Scope(org.PermPeopleManage), id); err != nil || !in { // before any work is done for it
		return nil, first(err, domain.E(domain.NotFound, "person.unknown"))
	}
	key := ""
	if len(raw) > 0 {
		jpeg, err := pictureJPEG(ctx, raw, photoWidth)
		if err != nil {
			return nil, err
		}
		key = "photos/" + id + "/" + NewID() + ".jpg"
		if err := u.Objects.Put(ctx, key, "image/jpeg", int64(len(jpeg)), bytes.NewReader(jpeg)); err != nil {
			return nil, err
		}
	}
	old := ""
	p, err := u.changePerson(ctx, who, id, version, func(_ context.Context, _ org.PersonStore, p *org.Person) ([]any, error) {
		old, p.PhotoKey = p.PhotoKey, key
		return []any{"fields", []string{"photo"}}, nil
	})
	if err != nil {
		old = key // what was stored is of no use
	}
	if old != "" {
		if rm := u.Objects.RemovePrefix(ctx, old); rm != nil {
			slog.WarnContext(ctx, "remove an old photo", "error", rm)
		}
	}
	return p, err
}

// Photo returns the key of a person's photo. NotFound "person.unknown",
// "person.no_photo".
func (u *People) Photo(ctx context.Context, who Actor, id string) (string, error) {
	id, err := ParseID(id, "person.unknown")
	if err != nil {
		return "", err
	}
	key, err := u.Store.PhotoKey(ctx, who.Scope(org.PermPeopleRead), id)
	if err == nil && key == "" {
		err = domain.E(domain.NotFound, "person.no_photo")
	}
	return key, err
}
