package audit

import "context"

// The kinds of data that one person is shown of others. Records opened one by
// one are entries of the log and no kind of these.
const (
	ReadList       = "list"
	ReadHoursList  = "hours_list"
	ReadHours      = "hours"
	ReadExamList   = "exam_list"
	ReadExam       = "exam"
	ReadBatch      = "batch"
	ReadGrant      = "grant"
	ReadCorrection = "correction"
	ReadImport     = "import"
	ReadExport     = "export"
	ReadPhoto      = "photo"
	ReadOther      = "other"
)

// ReadLog keeps who was shown whose data: one line a reader, a person, a kind
// and a civil day, however often it was. What somebody reads of himself is not noted.
type ReadLog interface {
	NoteReads(ctx context.Context, readerID, kind string, personIDs []string) error
}
