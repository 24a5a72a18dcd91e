package api

// Degraded marks the failure of a part without which most things still work: it
// shows in /readyz but does not take this process out of service. nil stays nil.
func Degraded(err error) error {
	if err == nil {
		return nil
	}
	return &degradedError{err}
}

type degradedError struct{ error }

func (e *degradedError) Unwrap() error { return e.error }
