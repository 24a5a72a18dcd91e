package main

import (
	"context"
	"fmt"
	"runtime"

	"github.com/urfave/cli/v3"

	"zhixing/app"
	"zhixing/app/identity"
	"zhixing/domain/org"
	"zhixing/storage/postgres"
)

func setupCommand() *cli.Command {
	return &cli.Command{
		Name: "setup", Usage: "make the first administrator of an installation and print a one-time password",
		Description: "Works only while nobody has been granted any role. The password must be changed at the first sign-in.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "number", Usage: "staff number to sign in with", Required: true},
			&cli.StringFlag{Name: "name", Usage: "name of the person", Required: true},
		},
		Action: configured(func(ctx context.Context, cmd *cli.Command, cfg Config) error {
			return withDatabase(ctx, cfg, func(db *postgres.DB) error {
				setup := &app.Setup{Store: db.Setup(), Passwords: identity.NewArgon2id(runtime.GOMAXPROCS(0)), GraceDays: app.FactorGraceDays}
				password, err := app.OneTimePassword()
				if err != nil {
					return err
				}
				_, err = setup.FirstAdministrator(ctx, org.NewPerson{
					Number: cmd.String("number"), Name: cmd.String("name"), Kind: "staff",
					Password: password, MustChange: true,
				}, "zhixing setup")
				if err != nil {
					return err
				}
				_, err = fmt.Fprintf(cmd.Root().Writer, "administrator %s, one-time password %s\n", cmd.String("number"), password)
				return err
			})
		}),
	}
}
