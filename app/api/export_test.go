package api

import "zhixing/domain/org"

// Weaken replaces what an operation declares, so that a test can show that
// somebody would notice; the returned function puts it back. It exists in tests
// only: a built server cannot be told to.
func (s *Server) Weaken(id string, change func(*Operation)) (restore func()) {
	for _, o := range s.operations {
		if o.ID == id {
			was := *o
			change(o)
			return func() { *o = was }
		}
	}
	panic("no operation " + id)
}

// Nobodys is a permission that no role carries.
const Nobodys org.Permission = "nobody:none"
