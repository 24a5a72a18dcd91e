package app

import (
	"context"

	"zhixing/domain"
	"zhixing/domain/course"
)

// Catalogue is what a learner may study, with his progress.
type Catalogue struct{ Store course.Store }

// List gives one page of the courses that are open to the actor.
func (u *Catalogue) List(ctx context.Context, who Actor, f course.CatalogueFilter) (domain.Page[course.Listed], error) {
	f.PersonID = who.PersonID
	return u.Store.Catalogue(ctx, f)
}

// Course opens one course. Error: course.not_found, also for a course that is
// not open to the actor.
func (u *Catalogue) Course(ctx context.Context, who Actor, id string) (*course.Opened, error) {
	return u.Store.Opened(ctx, who.PersonID, id)
}

// Cover finds the object of a course's cover. Errors: course.not_found,
// course.no_cover.
func (u *Catalogue) Cover(ctx context.Context, who Actor, id string) (key string, err error) {
	return u.Store.Cover(ctx, who.PersonID, author(who), id)
}
