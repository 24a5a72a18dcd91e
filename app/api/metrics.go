package api

import (
	"errors"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

type metrics struct {
	requests *prometheus.HistogramVec
}

func newMetrics(r *prometheus.Registry) *metrics {
	m := &metrics{requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "zhixing_http_request_seconds", Help: "Time to answer, by route template and status.",
		Buckets: []float64{.002, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 15},
	}, []string{"method", "route", "status"})}
	r.MustRegister(m.requests, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// observe counts every request under its route template, never its path.
func (s *Server) observe(c *fiber.Ctx) error {
	start := time.Now() //nolint:forbidigo // a stopwatch, not a clock
	err := c.Next()
	status := c.Response().StatusCode()
	if err != nil {
		if fe, ok := errors.AsType[*fiber.Error](err); ok {
			status = fe.Code
		} else {
			status = s.problemStatus(err)
		}
	}
	route := c.Route().Path
	if status == fiber.StatusNotFound && route == "/" {
		route = "none"
	}
	s.metrics.requests.WithLabelValues(c.Method(), route, strconv.Itoa(status)).Observe(time.Since(start).Seconds())
	return err
}
