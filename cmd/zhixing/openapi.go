package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"zhixing/app/api"
	"zhixing/storage/postgres"

	"github.com/urfave/cli/v3"
)

func openapiCommand() *cli.Command {
	return &cli.Command{
		Name: "openapi", Usage: "print the OpenAPI 3.1 document of the API; needs no services", Hidden: true,
		Action: func(_ context.Context, cmd *cli.Command) error {
			doc, err := openapi()
			if err != nil {
				return err
			}
			_, err = cmd.Root().Writer.Write(doc)
			return err
		},
	}
}

// openapi returns the document, indented, the same for the same routes.
func openapi() ([]byte, error) {
	s := &api.Server{Version: "1", Reads: &postgres.AuditStore{}}
	if err := s.Build(); err != nil {
		return nil, err
	}
	doc, err := s.OpenAPI()
	if err != nil {
		return nil, fmt.Errorf("OpenAPI document: %w", err)
	}
	var out bytes.Buffer
	if err := json.Indent(&out, doc, "", "  "); err != nil {
		return nil, fmt.Errorf("OpenAPI document: %w", err)
	}
	out.WriteByte('\n')
	return out.Bytes(), nil
}
