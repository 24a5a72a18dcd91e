package media

import "errors"

// Errors of Objects that use cases act on.
var (
	ErrNoObject = errors.New("object not found")
	ErrNoUpload = errors.New("multipart upload not found")
	ErrParts    = errors.New("parts differ from what the object store holds")
)

// ErrEncoder says that the encoder itself was ended by the machine; it counts
// as a run that died.
var ErrEncoder = errors.New("the encoder was ended")
