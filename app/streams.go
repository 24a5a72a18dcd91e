package app

import (
	"context"
	"io"
	"sync"
	"time"

	"zhixing/domain"
	"zhixing/domain/media"
	"zhixing/domain/org"
)

// trackTTL is how long a right to play, once checked, holds without a look at
// the database; a withdrawn right ends that much later.
const trackTTL = 5 * time.Second

// Streams is reading what plays: playlists, ranges of bytes, posters.
type Streams struct {
	Store   media.Store
	Objects media.Objects
	Copies  media.Copies // of renditions; nil keeps none
	Now     func() time.Time

	mu     sync.Mutex
	tracks map[trackKey]heldTrack
}

// Playing names what plays: a lesson, or a medium for those who author.
type Playing struct {
	LessonID string
	MediumID string
}

type trackKey struct {
	viewer  media.Viewer
	playing Playing
}

type heldTrack struct {
	track *media.Track
	until time.Time
}

// Track finds what plays, if the actor may see it. Errors:
// course.lesson_not_found, media.not_found.
func (u *Streams) Track(ctx context.Context, who Actor, p Playing) (*media.Track, error) {
	key := trackKey{media.Viewer{PersonID: who.PersonID, Staff: author(who)}, p}
	now := u.Now()
	u.mu.Lock()
	held, ok := u.tracks[key]
	u.mu.Unlock()
	if ok && now.Before(held.until) {
		return held.track, nil
	}
	var t *media.Track
	var err error
	if p.LessonID != "" {
		t, err = u.Store.LessonTrack(ctx, key.viewer, p.LessonID)
	} else {
		t, err = u.Store.MediumTrack(ctx, key.viewer, p.MediumID)
	}
	if err != nil {
		return nil, err
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.tracks == nil || len(u.tracks) > 20_000 {
		u.tracks = map[trackKey]heldTrack{}
	}
	u.tracks[key] = heldTrack{t, now.Add(trackTTL)}
	return t, nil
}

// author reports whether the actor may see every lesson and medium.
func author(who Actor) bool { return who.Can(org.PermCourseAuthor) || who.Can(org.PermMediaManage) }

// Master gives the master playlist.
func (u *Streams) Master(ctx context.Context, who Actor, p Playing) (string, *media.Track, error) {
	t, err := u.Track(ctx, who, p)
	if err != nil {
		return "", nil, err
	}
	return media.Master(t), t, nil
}

// Variant gives one rendition's playlist. Errors: also media.version_gone when
// version names another run than the one that plays ("" takes any).
func (u *Streams) Variant(ctx context.Context, who Actor, p Playing, name, version string) (string, *media.Track, error) {
	t, err := u.at(ctx, who, p, version)
	if err != nil {
		return "", nil, err
	}
	if _, err := t.Rendition(name); err != nil {
		return "", nil, err
	}
	rs, err := u.Store.Renditions(ctx, t.MediumID, t.RunID)
	if err != nil {
		return "", nil, err
	}
	for _, r := range rs {
		if r.Name == name {
			return media.Variant(r, t.RunID), t, nil
		}
	}
	return "", nil, domain.E(domain.NotFound, "media.version_gone")
}

// Bytes describes one rendition's object. Errors: as Variant.
func (u *Streams) Bytes(ctx context.Context, who Actor, p Playing, name, version string) (key string, size int64, t *media.Track, err error) {
	if t, err = u.at(ctx, who, p, version); err != nil {
		return "", 0, nil, err
	}
	r, err := t.Rendition(name)
	return media.RenditionKey(t.MediumID, t.RunID, name), r.Size, t, err
}

func (u *Streams) at(ctx context.Context, who Actor, p Playing, version string) (*media.Track, error) {
	t, err := u.Track(ctx, who, p)
	if err == nil && version != "" && version != t.RunID {
		return nil, domain.E(domain.NotFound, "media.version_gone")
	}
	return t, err
}

// Poster describes the still picture. Error: media.no_poster.
func (u *Streams) Poster(ctx context.Context, who Actor, p Playing) (key string, t *media.Track, err error) {
	if t, err = u.Track(ctx, who, p); err != nil {
		return "", nil, err
	}
	if !t.HasPoster {
		return "", nil, domain.E(domain.NotFound, "media.no_poster")
	}
	return media.PosterKey(t.MediumID, t.RunID), t, nil
}

// OpenRendition streams bytes from..to of an object of that size that never
// changes: from a copy on this machine where there is one, else from the object
// store. A copy may give more than was asked for; the caller takes what it
// announced.
func (u *Streams) OpenRendition(key string, size, from, to int64) (io.ReadCloser, error) {
	if u.Copies != nil {
		if body, ok := u.Copies.Open(key, size, from); ok {
			return body, nil
		}
	}
	return u.Open(key, from, to)
}

// Open streams bytes from..to of an object; to < 0 means to its end. The stream
// has a clock of its own, generous to slow lines, and ends when it is closed:
// it outlives the request that opened it.
func (u *Streams) Open(key string, from, to int64) (io.ReadCloser, error) {
	limit := 5 * time.Minute
	if to >= from {
		limit = time.Minute + time.Duration((to-from)>>15)*time.Second // 32 kB/s at least
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	body, err := u.Objects.Get(ctx, key, from, to)
	if err != nil {
		cancel()
		return nil, err
	}
	return &ending{body, cancel}, nil
}

// ending frees the stream's clock when it is closed.
type ending struct {
	io.ReadCloser
	cancel context.CancelFunc
}

func (e *ending) Close() error {
	defer e.cancel()
	return e.ReadCloser.Close()
}
