package app

import (
	"context"
	"fmt"

	"zhixing/domain/exam"
)

type readContent func(ctx context.Context, h exam.Hash) ([]byte, error)

// readPaper reads a frozen paper and checks that it is what its name says.
func readPaper(ctx context.Context, read readContent, h exam.Hash) (*exam.Frozen, error) {
	content, err := read(ctx, h)
	if err != nil {
		return nil, err
	}
	p, err := exam.ParseFrozen(content)
	if err != nil {
		return nil, err
	}
	if p.Hash != h {
		return nil, fmt.Errorf("frozen paper %s does not match its hash", h)
	}
	return p, nil
}

// correctPaper gives a paper as it is marked under a correction; the zero hash is none.
func correctPaper(ctx context.Context, read readContent, p *exam.Frozen, h exam.Hash) (*exam.Frozen, error) {
	if h == (exam.Hash{}) {
		return p, nil
	}
	c, err := readCorrection(ctx, read, h)
	if err != nil {
		return nil, err
	}
	return p.Corrected(c)
}

func readCorrection(ctx context.Context, read readContent, h exam.Hash) (*exam.Correction, error) {
	content, err := read(ctx, h)
	if err != nil {
		return nil, err
	}
	c, err := exam.ParseCorrection(content)
	if err != nil {
		return nil, err
	}
	if c.Hash != h {
		return nil, fmt.Errorf("correction %s does not match its hash", h)
	}
	return c, nil
}
