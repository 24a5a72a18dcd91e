package app

import (
	"context"
	"crypto/rand"
	"time"

	"zhixing/domain"
	"zhixing/domain/learning"
)

// presenceOf is the presence of a play that is about to be opened, nil if the
// course does not ask.
func presenceOf(rule learning.PresenceRule) *learning.Presence {
	if rule.Every <= 0 {
		return nil
	}
	seed := make([]byte, 16)
	_, _ = rand.Read(seed) // never fails since Go 1.24
	return &learning.Presence{PresenceRule: rule, Seed: seed}
}

// AskedCheck is a check as the learner sees it.
type AskedCheck struct {
	Check    *learning.Check
	Question learning.Question
	At       time.Time
}

// AskCheck asks the check of a play that is due; asked again it is the same,
// with the same time to answer. Errors: NotFound "learning.play_not_found";
// Conflict "learning.no_checks", "learning.check_not_due",
// "learning.check_missed", "learning.other_device", "learning.play_expired".
func (u *Learning) AskCheck(ctx context.Context, who Actor, playID string) (*AskedCheck, error) {
	playID, err := ParseID(playID, "learning.play_not_found")
	if err != nil {
		return nil, err
	}
	var asked *AskedCheck
	err = u.Store.InTx(ctx, func(ctx context.Context, tx learning.Store) error {
		p, err := tx.PlayForUpdate(ctx, who.PersonID, playID)
		if err != nil {
			return err
		}
		at, err := tx.Now(ctx)
		if err != nil {
			return err
		}
		if err := p.CanAsk(at); err != nil {
			return err
		}
		next := p.Presence.Next(at)
		c, err := tx.Check(ctx, playID, next.Seq)
		if err != nil {
			return err
		}
		if c == nil {
			c = next
			if err := tx.InsertCheck(ctx, playID, c); err != nil {
				return err
			}
		}
		asked = &AskedCheck{c, p.Presence.Question(c.Seq), at}
		return nil
	})
	return asked, err
}

// AnsweredCheck is what an answer did.
type AnsweredCheck struct {
	Check *learning.Check
	Late  bool
	DueMs int64 // playing time at which the next check is due
	At    time.Time
}

// AnswerCheck takes the answer to a check that was asked. The first answer
// stands, whatever is sent after it. Errors: NotFound "learning.play_not_found",
// "learning.check_not_found"; Conflict "learning.no_checks".
func (u *Learning) AnswerCheck(ctx context.Context, who Actor, playID string, seq int, answer string) (*AnsweredCheck, error) {
	playID, err := ParseID(playID, "learning.play_not_found")
	if err != nil {
		return nil, err
	}
	var done *AnsweredCheck
	err = u.Store.InTx(ctx, func(ctx context.Context, tx learning.Store) error {
		p, err := tx.PlayForUpdate(ctx, who.PersonID, playID)
		if err != nil {
			return err
		}
		if p.Presence == nil {
			return domain.E(domain.Conflict, "learning.no_checks")
		}
		c, err := tx.Check(ctx, playID, seq)
		if err != nil {
			return err
		}
		if c == nil {
			return domain.E(domain.NotFound, "learning.check_not_found")
		}
		at, err := tx.Now(ctx)
		if err != nil {
			return err
		}
		if p.Presence.Take(c, answer, at) {
			if err := tx.SaveAnswer(ctx, p, c); err != nil {
				return err
			}
			if !c.Passed {
				flag := learning.Flag{Kind: learning.FlagPresence, Detail: map[string]any{"check": c.Seq, "late": c.Late()}}
				if err := tx.SaveFlags(ctx, p, []learning.Flag{flag}, at); err != nil {
					return err
				}
			}
		}
		done = &AnsweredCheck{c, c.Late(), p.Presence.DueMs, at}
		return nil
	})
	return done, err
}
