package postgres

import (
	"errors"
	"io"
	"net"

	"github.com/jackc/pgx/v5/pgconn"
)

// Unreachable tells an outage of the database from a defect: no connection, a
// server that is starting or stopping, or a transaction that lost a race and was
// taken back. The next try has its chance.
func Unreachable(err error) bool {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		return pg.Code[:2] == "57" || pg.Code[:2] == "08" || pg.Code == "53300" || pg.Code == "40P01" || pg.Code == "40001"
	}
	return isConnectError(err)
}

func isConnectError(err error) bool {
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return true
	}
	if _, ok := errors.AsType[*net.OpError](err); ok {
		return true
	}
	return errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed) || pgconn.SafeToRetry(err)
}
