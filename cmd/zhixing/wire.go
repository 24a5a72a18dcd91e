package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"zhixing/app"
	"zhixing/app/api"
	"zhixing/app/identity"
	"zhixing/domain/job"
	"zhixing/frontend"
	"zhixing/storage/document"
	"zhixing/storage/local"
	"zhixing/storage/object"
	"zhixing/storage/postgres"
	"zhixing/worker"
	"zhixing/worker/notify"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	"github.com/redis/go-redis/v9"
)

// program is the wired product: the services it reached, and the API and the
// worker on top of them. It is built bottom up and closed in reverse.
type program struct {
	cfg   Config
	stack *local.Stack // nil unless `zhixing up` runs services of its own

	db    *postgres.DB
	redis *redis.Client
	s3    *minio.Client

	objects *object.Store
	copies  *object.Cache // nil when ZHIXING_MEDIA_CACHE is 0
	seals   *identity.Seals

	api    *api.Server
	worker *worker.Worker
	mux    *worker.Mux
}

// build opens the services and wires every context. The services must answer.
func build(ctx context.Context, cfg Config, stack *local.Stack) (*program, error) {
	p := &program{cfg: cfg, stack: stack, mux: worker.NewMux()}
	if err := p.open(ctx); err != nil {
		return nil, errors.Join(err, p.close())
	}
	if err := p.base(); err != nil {
		return nil, errors.Join(err, p.close())
	}
	for _, wire := range []func() error{
		p.wireSessions, p.wireMedia, p.wireCourses, p.wireLearning, p.wireExams, p.wireHours,
	} {
		if err := wire(); err != nil {
			return nil, errors.Join(err, p.close())
		}
	}
	p.worker.Kinds = p.mux.Kinds()
	p.api.Registry = p.registry()
	if err := p.api.Build(); err != nil {
		return nil, errors.Join(fmt.Errorf("the API: %w", err), p.close())
	}
	return p, nil
}

// open reaches the three services.
func (p *program) open(ctx context.Context) (err error) {
	if p.db, err = postgres.Open(ctx, p.cfg.DatabaseURL, postgres.Options{}); err != nil {
		return err
	}
	if p.redis, err = openRedis(p.cfg.RedisURL); err != nil {
		return err
	}
	if p.s3, err = openS3(p.cfg.S3); err != nil {
		return err
	}
	c := p.cfg.S3
	p.objects, err = object.Open(object.Options{
		Endpoint: c.Endpoint, AccessKey: c.AccessKey, SecretKey: c.SecretKey, Region: c.Region, Bucket: c.Bucket, Secure: c.Secure,
	})
	return err
}

// openRedis prepares a client. It does not connect: Redis may be away at any time.
func openRedis(url string) (*redis.Client, error) {
	opt, err := redis.ParseURL(url)
	if err != nil {
		return nil, errors.New("ZHIXING_REDIS_URL is wrong: not a Redis URL") // the error may repeat the password
	}
	return redis.NewClient(opt), nil
}

// openS3 prepares a client. It does not connect.
func openS3(c S3Config) (*minio.Client, error) {
	client, err := minio.New(c.Endpoint, &minio.Options{
		Creds: credentials.NewStaticV4(c.AccessKey, c.SecretKey, ""), Region: c.Region, Secure: c.Secure, BucketLookup: minio.BucketLookupPath,
	})
	if err != nil {
		return nil, fmt.Errorf("S3 client: %w", err)
	}
	return client, nil
}

// base prepares the API and the worker with all that belongs to no context.
func (p *program) base() (err error) {
	if p.seals, err = seals(p.cfg); err != nil {
		return err
	}
	texts, err := api.LoadTexts(frontend.Locales())
	if err != nil {
		return err
	}
	var proxies []string
	for _, prefix := range p.cfg.TrustedProxies {
		proxies = append(proxies, prefix.String())
	}
	p.api = &api.Server{
		Texts: texts, Dist: page(), Now: time.Now, Version: version, TrustedProxies: proxies,
		SecureCookie: strings.HasPrefix(p.cfg.PublicURL, "https://"),
		Idempotency:  p.db.Idempotency(), Ready: p.ready, Unreachable: postgres.Unreachable,
	}
	p.worker = &worker.Worker{
		ID:     app.NewID(),
		Outbox: p.db.Outbox(), Redis: p.redis, General: 2 * runtime.GOMAXPROCS(0), Media: 1,
	}
	return nil
}

// page is the built single-page application, nil before its first build.
func page() fs.FS {
	dist := frontend.Dist()
	if _, err := fs.Stat(dist, "index.html"); err != nil {
		slog.Warn("this binary was built without the page; run `make build`")
		return nil
	}
	return dist
}

// ---- sessions and people ----------------------------------------------------

func (p *program) wireSessions() error {
	passwords := passwordHasher()
	peers := &identity.Peers{Now: time.Now}
	p.api.Sessions = &app.Sessions{
		Stand: p.db.Impersonations(),
		Store: p.db.Sessions(), Passwords: passwords, Seals: p.seals, Codes: identity.TOTP{}, Product: productName, Now: time.Now,
		Links: p.db.Connections(), Peers: peers,
	}
	p.api.Connections = &app.Connections{
		Store: p.db.Connections(), Seals: p.seals, Peers: peers,
		Callback: func() string { return p.api.Sessions.PublicURL + "/sign-in/callback" },
	}
	if err := p.answerAt(p.cfg.PublicURL); err != nil {
		return err
	}
	p.worker.Sweeps = append(p.worker.Sweeps, worker.Sweep{Name: "prune", Every: 10 * time.Minute, Do: func(ctx context.Context) error {
		return p.db.Idempotency().Prune(ctx, time.Now())
	}})
	p.api.Units = &app.Units{Store: p.db.Units()}
	p.api.People = &app.People{Store: p.db.People(), Passwords: passwords, Seals: p.seals, Objects: p.objects}
	worker.On(p.mux, 30*time.Second, 8, p.api.People.ApplyStatus)
	worker.On(p.mux, 30*time.Minute, 8, p.api.People.RunBulk)
	p.worker.Sweeps = append(p.worker.Sweeps,
		worker.Sweep{Name: "org:apply_statuses", Every: 30 * time.Second, Do: p.api.People.SweepStatuses},
		worker.Sweep{Name: "org:resume_bulks", Every: time.Minute, Do: p.api.People.SweepBulks},
		worker.Sweep{Name: "org:apply_unit_changes", Every: 5 * time.Second, Do: p.api.Units.ApplyDue})
	p.wireImports()
	p.wirePrivacy()
	p.api.Grants = &app.Grants{Store: p.db.Grants()}
	p.api.Roles = &app.Roles{Store: p.db.Roles()}
	p.api.Rights = &app.Rights{Store: p.db.Rights()}
	p.api.Reads = p.db.AuditEvents()
	p.api.Audits = &app.Audits{Store: p.db.AuditEvents(), File: document.AuditAnchor{Path: auditAnchor(p.cfg)}}
	p.worker.Sweeps = append(p.worker.Sweeps, worker.Sweep{Name: "audit:anchor", Every: time.Minute, Do: p.api.Audits.Anchor})
	return nil
}

func (p *program) wireImports() {
	u := &app.Imports{Store: p.db.Imports(), Seals: p.seals, Objects: p.objects, Reader: document.Books{}}
	p.api.Imports, p.api.Sheets = u, document.Sheets{}
	p.api.Tokens, p.api.Pushes = &app.Tokens{Store: p.db.Tokens()}, &app.Pushes{Store: p.db.Pushes()}
	hooks := &app.Webhooks{Store: p.db.Webhooks(), Seals: p.seals, Sender: &notify.Webhooks{Allow: p.cfg.WebhookNetworks}}
	p.api.Webhooks = hooks
	worker.On(p.mux, time.Minute, 3, hooks.Deliver)
	p.worker.Sweeps = append(p.worker.Sweeps, worker.Sweep{Name: "org:webhooks", Every: 5 * time.Second, Do: hooks.Sweep})
	worker.On(p.mux, 5*time.Minute, 8, u.ReadHead)
	worker.On(p.mux, 30*time.Minute, 8, u.Preview)
	worker.On(p.mux, 30*time.Minute, 8, u.ApplyRows)
	worker.On(p.mux, 30*time.Minute, 8, u.UndoRows)
	p.worker.Sweeps = append(p.worker.Sweeps, worker.Sweep{Name: "org:imports", Every: time.Minute, Do: u.Sweep})
}

func (p *program) wirePrivacy() {
	p.api.Retention = &app.Retention{Store: p.db.Privacy(), Objects: p.objects}
	p.api.Erasures = &app.Erasures{Store: p.db.Privacy(), Objects: p.objects}
	worker.On(p.mux, 10*time.Minute, 8, p.api.Retention.Apply)
	worker.On(p.mux, 5*time.Minute, 12, p.api.Erasures.Erase)
	p.worker.Sweeps = append(p.worker.Sweeps, worker.Sweep{Name: "privacy:retention", Every: 10 * time.Minute, Do: p.api.Retention.Sweep},
		worker.Sweep{Name: "privacy:erasures", Every: time.Minute, Do: p.api.Erasures.Sweep})
}

const productName = "知行 Zhixing"

// answerAt tells what depends on the address that browsers use.
func (p *program) answerAt(publicURL string) error {
	keys, err := identity.NewPasskeys(productName, publicURL)
	if err != nil {
		return err
	}
	p.api.Sessions.Passkeys, p.api.PasskeyHost = keys, keys.Host()
	p.api.Sessions.PublicURL = publicURL
	return nil
}

// ---- media ------------------------------------------------------------------

func (p *program) wireMedia() error {
	m := &app.Media{Store: p.db.Media(), Objects: p.objects, Encoder: worker.NewFFmpeg("", runtime.GOMAXPROCS(0))}
	p.api.Media = m
	p.api.Streams = &app.Streams{Store: p.db.Media(), Objects: p.objects, Now: time.Now}
	if p.cfg.MediaCache > 0 {
		p.copies = object.NewCache(p.objects, object.CacheOptions{
			Dir: copiesFolder(p.cfg), Most: p.cfg.MediaCache, Spare: leastFree, Now: time.Now,
		})
		p.api.Streams.Copies = p.copies
	}
	worker.On(p.mux, 24*time.Hour, 20, func(ctx context.Context, j job.ProcessMedium) error { return m.Process(ctx, j.MediumID) })
	p.worker.Sweeps = append(p.worker.Sweeps, worker.Sweep{Name: "media", Every: 5 * time.Second, Do: m.Reap})
	return nil
}

// copiesFolder is where the API keeps copies of what plays.
func copiesFolder(c Config) string { return filepath.Join(c.Data, "media-cache") }

// ---- courses and catalogue --------------------------------------------------

func (p *program) wireCourses() error {
	p.api.Courses = &app.Courses{Store: p.db.Courses(), Objects: p.objects}
	p.api.Catalogue = &app.Catalogue{Store: p.db.Courses()}
	return nil
}

// ---- learning ---------------------------------------------------------------

func (p *program) wireLearning() error {
	p.api.Learning = &app.Learning{Store: p.db.Learning(), Now: time.Now}
	return nil
}

// ---- questions, papers, exams, attempts -------------------------------------

func (p *program) wireExams() error {
	p.api.Questions = &app.Questions{Store: p.db.Questions()}
	p.api.Papers = &app.Papers{Store: p.db.Papers()}
	p.api.Exams = &app.Exams{Store: p.db.Exams()}
	p.api.Attempts = app.NewAttempts(p.db.Attempts())
	p.api.Amends, p.api.Regrades = &app.Amends{Store: p.db.Amends()}, &app.Regrades{Store: p.db.Amends()}
	worker.On(p.mux, 20*time.Minute, 12, p.api.Regrades.Run)
	worker.On(p.mux, 10*time.Minute, 8, func(ctx context.Context, j job.MintAttempts) error { return p.api.Exams.Mint(ctx, j.ExamID) })
	worker.OnAll(p.mux, 30*time.Second, 8, func(ctx context.Context, js []job.GradeAttempt) error {
		return p.api.Attempts.Grade(ctx, job.AttemptIDs(js)...)
	})
	p.worker.Sweeps = append(p.worker.Sweeps,
		worker.Sweep{Name: "exam:submit_due", Every: 500 * time.Millisecond, Do: p.api.Attempts.SubmitDue},
		worker.Sweep{Name: "exam:grade_left", Every: 2 * time.Second, Do: p.api.Attempts.GradeLeft},
		worker.Sweep{Name: "exam:regrade_left", Every: 5 * time.Second, Do: p.api.Regrades.SweepLeftBehind})
	return nil
}

// ---- hours, policies, exports, audit ----------------------------------------

func (p *program) wireHours() error {
	store := p.db.Hours()
	h := &app.Hours{Store: store, Files: document.Anchors{Dir: anchorFolder(p.cfg)}}
	p.api.Hours, p.api.Policies = h, &app.Policies{Store: store}
	x := &app.Exports{Store: store, People: p.db.People(), Audit: p.db.AuditEvents(), Archive: p.db.Privacy(), Reads: p.db.AuditEvents(), Seals: p.seals, Objects: p.objects, Sheets: document.Sheets{}}
	p.api.Exports = x
	p.api.Batches = &app.Batches{Store: store, Objects: p.objects, Sheets: document.Sheets{}}
	worker.On(p.mux, 30*time.Second, 12, h.CreditLesson)
	worker.On(p.mux, 30*time.Second, 12, h.CreditExam)
	worker.On(p.mux, 30*time.Second, 12, h.SettleAttempt)
	worker.On(p.mux, 20*time.Minute, 12, h.ReverseExam)
	worker.On(p.mux, time.Minute, 12, h.RecomputePerson)
	worker.On(p.mux, 30*time.Minute, 8, h.RecomputePolicy)
	worker.On(p.mux, 10*time.Minute, 5, x.Make)
	worker.On(p.mux, 5*time.Minute, 8, h.Anchor)
	p.worker.Sweeps = append(p.worker.Sweeps,
		worker.Sweep{Name: "hours:credit_lost", Every: 30 * time.Second, Do: h.SweepCredits},
		worker.Sweep{Name: "hours:recompute_day", Every: time.Minute, Do: h.SweepYear},
		worker.Sweep{Name: "hours:anchor_day", Every: 10 * time.Minute, Do: func(ctx context.Context) error { return h.Anchor(ctx, job.AnchorLedger{}) }},
		worker.Sweep{Name: "hours:expire_exports", Every: 10 * time.Minute, Do: x.SweepExports})
	return nil
}

// ---- running and closing ----------------------------------------------------

// drainLimit is how long requests and jobs under way get to end. What does not
// end in time is safe: requests are retried, jobs are leased and run again.
const drainLimit = 4 * time.Second

// run serves and works until ctx is done or one of them fails; nil parts are
// left out. It returns once both have drained, or drainLimit later.
func (p *program) run(ctx context.Context, ln net.Listener, work bool) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var wg sync.WaitGroup
	errs := make(chan error, 2)
	start := func(name string, do func() error) {
		wg.Go(func() {
			defer cancel()
			if err := do(); err != nil {
				errs <- fmt.Errorf("%s: %w", name, err)
			}
		})
	}
	if ln != nil {
		if p.copies != nil {
			wg.Go(func() { p.copies.Run(ctx) })
		}
		start("API", func() error { return p.api.Serve(ctx, ln) })
	}
	if work {
		start("worker", func() error { return p.worker.Run(ctx) })
	}
	<-ctx.Done()
	drained := make(chan struct{})
	go func() {
		wg.Wait()
		close(drained)
	}()
	select {
	case <-drained:
	case <-time.After(drainLimit):
		slog.WarnContext(ctx, "some requests or jobs did not end in time; they will be done again", "limit", drainLimit.String())
	}
	select {
	case err := <-errs:
		return err
	default:
		return nil
	}
}

// close gives the connections back.
func (p *program) close() error {
	var all error
	if p.redis != nil {
		all = errors.Join(all, p.redis.Close())
	}
	if p.db != nil {
		all = errors.Join(all, p.db.Close())
	}
	return all
}
