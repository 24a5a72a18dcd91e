package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"zhixing/app/api"
	"zhixing/storage/local"
	"zhixing/storage/object"

	"github.com/prometheus/client_golang/prometheus"
)

// readyLimit bounds one look at one part.
const readyLimit = 2 * time.Second

// ready looks at every part at once. Without the database nothing works; without
// Redis or the object store people go on with their exams, so those only degrade.
func (p *program) ready(ctx context.Context) map[string]error {
	looks := map[string]func(context.Context) error{
		"database": p.db.Ping,
		"redis":    func(ctx context.Context) error { return api.Degraded(p.redis.Ping(ctx).Err()) },
		"storage":  func(ctx context.Context) error { return api.Degraded(p.bucketThere(ctx)) },
	}
	if p.stack != nil {
		looks["stack"] = func(context.Context) error { return api.Degraded(p.stack.Err()) }
	}
	var mu sync.Mutex
	var wg sync.WaitGroup
	parts := make(map[string]error, len(looks))
	for name, look := range looks {
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, readyLimit)
			defer cancel()
			err := look(ctx)
			mu.Lock()
			defer mu.Unlock()
			parts[name] = err
		})
	}
	wg.Wait()
	return parts
}

func (p *program) bucketThere(ctx context.Context) error {
	ok, err := p.s3.BucketExists(ctx, p.cfg.S3.Bucket)
	if err != nil {
		return fmt.Errorf("ask for the bucket: %w", err)
	}
	if !ok {
		return fmt.Errorf("the bucket %s does not exist", p.cfg.S3.Bucket)
	}
	return nil
}

// registry is what /metrics shows beside the requests.
func (p *program) registry() *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(&partsCollector{p}) // the API adds its own and those of the process
	if p.copies != nil {
		r.MustRegister(copiesCollector{p.copies})
	}
	return r
}

var (
	partUp       = prometheus.NewDesc("zhixing_part_up", "Whether a part answers: 1 or 0.", []string{"part"}, nil)
	partRestarts = prometheus.NewDesc("zhixing_local_restarts_total", "How often a part of the local stack died and was started again.", []string{"part"}, nil)
	jobsDesc     = prometheus.NewDesc("zhixing_jobs", "Jobs in the outbox that are not done, by state.", []string{"state"}, nil)
)

// partsCollector looks at the parts when it is asked.
type partsCollector struct{ p *program }

// Describe implements prometheus.Collector.
func (c *partsCollector) Describe(ch chan<- *prometheus.Desc) {
	ch <- partUp
	ch <- partRestarts
	ch <- jobsDesc
}

// Collect implements prometheus.Collector.
func (c *partsCollector) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*readyLimit)
	defer cancel()
	for name, err := range c.p.ready(ctx) {
		up := 1.0
		if err != nil {
			up = 0
		}
		ch <- prometheus.MustNewConstMetric(partUp, prometheus.GaugeValue, up, name)
	}
	var parts []local.Status
	if c.p.stack != nil {
		parts = c.p.stack.Status()
	}
	for _, st := range parts {
		ch <- prometheus.MustNewConstMetric(partRestarts, prometheus.CounterValue, float64(st.Restarts), st.Part)
	}
	waiting, running, dead, err := c.p.db.Outbox().Counts(ctx)
	if err != nil {
		return // partUp says it
	}
	for state, n := range map[string]int{"waiting": waiting, "running": running, "dead": dead} {
		ch <- prometheus.MustNewConstMetric(jobsDesc, prometheus.GaugeValue, float64(n), state)
	}
}

var copyReads = prometheus.NewDesc("zhixing_media_copies_total", "What became of copies of videos: read (hit), read from the object store instead (miss), filled, removed.", []string{"event"}, nil)

// copiesCollector counts what the copies of videos are good for.
type copiesCollector struct{ c *object.Cache }

// Describe implements prometheus.Collector.
func (c copiesCollector) Describe(ch chan<- *prometheus.Desc) { ch <- copyReads }

// Collect implements prometheus.Collector.
func (c copiesCollector) Collect(ch chan<- prometheus.Metric) {
	s := c.c.Stats()
	for event, n := range map[string]int64{"hit": s.Hits, "miss": s.Misses, "filled": s.Filled, "removed": s.Removed} {
		ch <- prometheus.MustNewConstMetric(copyReads, prometheus.CounterValue, float64(n), event)
	}
}
