package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"

	"zhixing/app"
	"zhixing/domain"
	"zhixing/domain/org"
)

// ScopeKind says what a permission reaches in one operation. It is a
// declaration for readers and the matrix test; the SQL of the store enforces it.
type ScopeKind string

// The scopes.
const (
	ScopePublic   ScopeKind = "public"   // no sign-in
	ScopeSelf     ScopeKind = "self"     // the actor's own rows
	ScopeAudience ScopeKind = "audience" // what an audience rule opens to the actor
	ScopeSubtree  ScopeKind = "subtree"  // people within the grant's unit subtree
	ScopeAll      ScopeKind = "all"      // what the institution shares; any grant of the permission will do
	ScopeWhole    ScopeKind = "whole"    // the same, but only a grant for the whole institution will do
)

// Operation is one declared route.
type Operation struct {
	ID, Method, Path string
	Permission       org.Permission
	Scope            ScopeKind
	Recent           bool // asks for a proof of who one is, ten minutes old at most
	Halfway          bool // open to a session that still owes its second factor
	Token            bool // open to a program outside with a token
	Acting           bool // open to who looks as another person: what reads, and is not that person's alone
}

// routeOption adds to what a route declares.
type routeOption func(*Operation)

// recent marks a dangerous deed: it asks for a fresh proof of who one is.
func recent(o *Operation) { o.Recent = true }

// halfway opens a route to a session that still owes its second factor.
func halfway(o *Operation) { o.Halfway = true }

// tokens opens a route to programs outside; all others are closed to them.
func tokens(o *Operation) { o.Token = true }

// private closes a route that reads to who looks as another person.
func private(o *Operation) { o.Acting = false }

// acting opens a route that writes to who looks as another person.
func acting(o *Operation) { o.Acting = true }

// Methods, short for the table below.
const (
	GET    = http.MethodGet
	POST   = http.MethodPost
	PUT    = http.MethodPut
	DELETE = http.MethodDelete
)

// routes is the whole API at one sight: method, path, operation, permission,
// scope, handler.
func (s *Server) routes() {
	s.routesOfSignIn()
	s.routesOfPeople()
	s.routesOfExchange()
	s.routesOfLearning()
	s.routesOfExams()
}

func (s *Server) routesOfPeople() {
	// units and people
	route(s, GET, "/units", "listUnits", org.PermUnitRead, ScopeSubtree, s.listUnits)
	route(s, POST, "/units", "createUnit", org.PermUnitManage, ScopeSubtree, s.createUnit)
	route(s, PUT, "/units/{id}", "updateUnit", org.PermUnitManage, ScopeSubtree, s.updateUnit)
	route(s, POST, "/units/{id}/close", "closeUnit", org.PermUnitManage, ScopeSubtree, s.closeUnit, recent)
	route(s, POST, "/units/{id}/changes", "changeUnit", org.PermUnitManage, ScopeSubtree, s.changeUnit, recent)
	route(s, POST, "/units/{id}/changes/preview", "previewUnitChange", org.PermUnitManage, ScopeSubtree, s.previewUnitChange)
	route(s, GET, "/unit-changes", "listUnitChanges", org.PermUnitRead, ScopeSubtree, s.listUnitChanges)
	route(s, POST, "/unit-changes/{id}/cancel", "cancelUnitChange", org.PermUnitManage, ScopeSubtree, s.cancelUnitChange)
	route(s, GET, "/people", "listPeople", org.PermPeopleRead, ScopeSubtree, s.listPeople)
	route(s, POST, "/people", "createPeople", org.PermPeopleManage, ScopeSubtree, s.createPeople)
	route(s, GET, "/people/{id}", "getPerson", org.PermPeopleRead, ScopeSubtree, s.getPerson)
	route(s, PUT, "/people/{id}", "updatePerson", org.PermPeopleManage, ScopeSubtree, s.updatePerson)
	route(s, POST, "/people/{id}/reveal", "revealPerson", org.PermPeopleManage, ScopeSubtree, s.revealPerson, recent)
	rawRoute(s, POST, "/people/{id}/photo", "setPersonPhoto", org.PermPeopleManage, ScopeSubtree, "application/json", s.setPhoto)
	rawRoute(s, GET, "/people/{id}/photo", "getPersonPhoto", org.PermSelf, ScopeSubtree, "image/jpeg", s.getPhoto)
	route(s, POST, "/people/{id}/merge", "mergePerson", org.PermPeopleManage, ScopeSubtree, s.mergePerson, recent)
	route(s, POST, "/people/{id}/unmerge", "unmergePerson", org.PermPeopleManage, ScopeSubtree, s.unmergePerson, recent)
	route(s, POST, "/people/{id}/facts", "changeFacts", org.PermPeopleManage, ScopeSubtree, s.changeFacts)
	route(s, POST, "/people/{id}/facts/preview", "previewFacts", org.PermPeopleManage, ScopeSubtree, s.previewFacts)
	route(s, GET, "/people/{id}/operations", "listFactOperations", org.PermPeopleRead, ScopeSubtree, s.listFactOperations)
	route(s, POST, "/people/{id}/stages", "addStage", org.PermPeopleManage, ScopeSubtree, s.addStage)
	route(s, POST, "/people/{id}/ranks", "addRank", org.PermPeopleManage, ScopeSubtree, s.addRank)
	route(s, POST, "/people/{id}/memberships", "addMembership", org.PermPeopleManage, ScopeSubtree, s.addMembership)
	route(s, POST, "/people/{id}/reset-password", "resetPassword", org.PermPeopleManage, ScopeSubtree, s.resetPassword, recent)
	route(s, POST, "/people/{id}/reset-factors", "resetFactors", org.PermPeopleManage, ScopeSubtree, s.resetFactors, recent)
	route(s, GET, "/people/{id}/sessions", "listPersonSessions", org.PermPeopleManage, ScopeSubtree, s.listPersonSessions, private)
	route(s, POST, "/people/{id}/end-sessions", "endPersonSessions", org.PermPeopleManage, ScopeSubtree, s.endPersonSessions)
	route(s, POST, "/people/{id}/disable-account", "disableAccount", org.PermPeopleManage, ScopeSubtree, s.disableAccount)
	route(s, POST, "/people/{id}/enable-account", "enableAccount", org.PermPeopleManage, ScopeSubtree, s.enableAccount, recent)
	s.routesOfRights()
	s.routesOfRosters()
	s.routesOfPrivacy()

	// audit
	route(s, GET, "/audit-events", "listAuditEvents", org.PermAuditRead, ScopeSubtree, s.listAuditEvents)
	route(s, POST, "/audit-exports", "createAuditExport", org.PermAuditRead, ScopeSubtree, s.createAuditExport, recent)
}

func (s *Server) routesOfLearning() {
	// media
	route(s, POST, "/media", "createMedium", org.PermMediaManage, ScopeSelf, s.createMedium)
	rawRoute(s, PUT, "/media/{id}/parts/{n}", "putPart", org.PermMediaManage, ScopeSelf, "application/json", s.putPart)
	route(s, POST, "/media/{id}/complete", "completeMedium", org.PermMediaManage, ScopeSelf, s.completeMedium)
	route(s, POST, "/media/{id}/cancel", "cancelMedium", org.PermMediaManage, ScopeSelf, s.cancelMedium)
	route(s, POST, "/media/{id}/retry", "retryMedium", org.PermMediaManage, ScopeAll, s.retryMedium)
	route(s, GET, "/media", "listMedia", org.PermMediaManage, ScopeAll, s.listMedia)
	route(s, GET, "/media/{id}", "getMedium", org.PermMediaManage, ScopeAll, s.getMedium)
	rawRoute(s, GET, "/media/{id}/poster", "getMediumPoster", org.PermLearn, ScopeAudience, "image/jpeg", s.posterMedium)
	rawRoute(s, GET, "/media/{id}/hls/master.m3u8", "getMediumMaster", org.PermMediaManage, ScopeAll, hlsType, s.hlsMaster)
	rawRoute(s, GET, "/media/{id}/hls/{rendition}.m3u8", "getMediumPlaylist", org.PermMediaManage, ScopeAll, hlsType, s.hlsVariant)
	rawRoute(s, GET, "/media/{id}/hls/{rendition}.m4s", "getMediumBytes", org.PermMediaManage, ScopeAll, "video/mp4", s.hlsBytes)
	rawRoute(s, GET, "/lessons/{id}/hls/master.m3u8", "getLessonMaster", org.PermLearn, ScopeAudience, hlsType, s.hlsMaster)
	rawRoute(s, GET, "/lessons/{id}/hls/{rendition}.m3u8", "getLessonPlaylist", org.PermLearn, ScopeAudience, hlsType, s.hlsVariant)
	rawRoute(s, GET, "/lessons/{id}/hls/{rendition}.m4s", "getLessonBytes", org.PermLearn, ScopeAudience, "video/mp4", s.hlsBytes)
	rawRoute(s, GET, "/lessons/{id}/poster", "getLessonPoster", org.PermLearn, ScopeAudience, "image/jpeg", s.posterMedium)

	// courses and catalogue
	route(s, GET, "/courses", "listCourses", org.PermCourseAuthor, ScopeAll, s.listCourses)
	route(s, POST, "/courses", "createCourse", org.PermCourseAuthor, ScopeAll, s.createCourse)
	route(s, GET, "/courses/{id}", "getCourse", org.PermCourseAuthor, ScopeAll, s.getCourse)
	route(s, PUT, "/courses/{id}", "updateCourse", org.PermCourseAuthor, ScopeAll, s.updateCourse)
	route(s, POST, "/courses/{id}/publish", "publishCourse", org.PermCourseAuthor, ScopeAll, s.publishCourse)
	route(s, POST, "/courses/{id}/unpublish", "unpublishCourse", org.PermCourseAuthor, ScopeAll, s.unpublishCourse)
	route(s, POST, "/courses/{id}/reorder", "reorderCourse", org.PermCourseAuthor, ScopeAll, s.reorderCourse)
	rawRoute(s, POST, "/courses/{id}/cover", "setCourseCover", org.PermCourseAuthor, ScopeAll, "application/json", s.setCover)
	rawRoute(s, GET, "/courses/{id}/cover", "getCourseCover", org.PermLearn, ScopeAudience, "image/jpeg", s.getCover)
	route(s, POST, "/courses/{id}/chapters", "addChapter", org.PermCourseAuthor, ScopeAll, s.addChapter)
	route(s, PUT, "/chapters/{id}", "updateChapter", org.PermCourseAuthor, ScopeAll, s.updateChapter)
	route(s, DELETE, "/chapters/{id}", "removeChapter", org.PermCourseAuthor, ScopeAll, s.removeChapter)
	route(s, POST, "/chapters/{id}/lessons", "addLesson", org.PermCourseAuthor, ScopeAll, s.addLesson)
	route(s, PUT, "/lessons/{id}", "updateLesson", org.PermCourseAuthor, ScopeAll, s.updateLesson)
	route(s, DELETE, "/lessons/{id}", "removeLesson", org.PermCourseAuthor, ScopeAll, s.removeLesson)
	route(s, POST, "/lessons/{id}/close", "closeLesson", org.PermCourseAuthor, ScopeAll, s.closeLesson)
	route(s, POST, "/lessons/{id}/reopen", "reopenLesson", org.PermCourseAuthor, ScopeAll, s.reopenLesson)
	route(s, GET, "/catalogue", "listCatalogue", org.PermLearn, ScopeAudience, s.listCatalogue)
	route(s, GET, "/catalogue/{id}", "getCatalogueCourse", org.PermLearn, ScopeAudience, s.getCatalogueCourse)

	// learning
	route(s, POST, "/lessons/{id}/plays", "openPlay", org.PermLearn, ScopeAudience, s.openPlay)
	route(s, POST, "/plays/{id}/reports", "reportPlay", org.PermLearn, ScopeSelf, s.reportPlay)
	route(s, POST, "/plays/{id}/checks", "askCheck", org.PermLearn, ScopeSelf, s.askCheck)
	route(s, POST, "/plays/{id}/checks/{seq}/answer", "answerCheck", org.PermLearn, ScopeSelf, s.answerCheck)
	route(s, GET, "/learning/continue", "continueLearning", org.PermLearn, ScopeSelf, s.continueLearning)
	route(s, GET, "/learning/recent", "listRecentLessons", org.PermLearn, ScopeSelf, s.recentLessons)
	route(s, GET, "/learning/lessons/{id}", "getLearningRecord", org.PermLearn, ScopeSelf, s.getLearningRecord)
	route(s, GET, "/completions/{id}/evidence", "getCompletionEvidence", org.PermHoursAudit, ScopeSubtree, s.getCompletionEvidence)
}

func (s *Server) routesOfExams() {
	// questions and papers
	route(s, GET, "/banks", "listBanks", org.PermQuestionAuthor, ScopeAll, s.listBanks)
	route(s, POST, "/banks", "createBank", org.PermQuestionAuthor, ScopeAll, s.createBank)
	route(s, GET, "/banks/{id}", "getBank", org.PermQuestionAuthor, ScopeAll, s.getBank)
	route(s, PUT, "/banks/{id}", "updateBank", org.PermQuestionAuthor, ScopeAll, s.updateBank)
	route(s, GET, "/banks/{id}/questions", "listQuestions", org.PermQuestionAuthor, ScopeAll, s.listQuestions)
	route(s, POST, "/banks/{id}/questions", "createQuestion", org.PermQuestionAuthor, ScopeAll, s.createQuestion)
	route(s, GET, "/questions/{id}", "getQuestion", org.PermQuestionAuthor, ScopeAll, s.getQuestion)
	route(s, PUT, "/questions/{id}", "updateQuestion", org.PermQuestionAuthor, ScopeAll, s.updateQuestion)
	route(s, POST, "/questions/{id}/retire", "retireQuestion", org.PermQuestionAuthor, ScopeAll, s.retireQuestion)
	route(s, GET, "/papers", "listPapers", org.PermExamAuthor, ScopeAll, s.listPapers)
	route(s, POST, "/papers", "createPaper", org.PermExamAuthor, ScopeAll, s.createPaper)
	route(s, GET, "/papers/{id}", "getPaper", org.PermExamAuthor, ScopeAll, s.getPaper)
	route(s, PUT, "/papers/{id}", "updatePaper", org.PermExamAuthor, ScopeAll, s.updatePaper)
	route(s, POST, "/papers/{id}/draw", "drawPaper", org.PermExamAuthor, ScopeAll, s.drawPaper)

	// exams and attempts
	route(s, GET, "/exams", "listExams", org.PermExamResults, ScopeAll, s.listExams)
	route(s, POST, "/exams", "createExam", org.PermExamAuthor, ScopeAll, s.createExam)
	route(s, GET, "/exams/{id}", "getExam", org.PermExamResults, ScopeAll, s.getExam)
	route(s, PUT, "/exams/{id}", "updateExam", org.PermExamAuthor, ScopeAll, s.updateExam)
	route(s, POST, "/exams/{id}/publish", "publishExam", org.PermExamAuthor, ScopeAll, s.publishExam)
	route(s, POST, "/exams/{id}/cancel", "cancelExam", org.PermExamAuthor, ScopeAll, s.cancelExam)
	route(s, GET, "/exams/{id}/attempts", "listAttempts", org.PermExamResults, ScopeSubtree, s.listAttempts)
	route(s, GET, "/attempts/{id}/evidence", "getAttemptEvidence", org.PermExamEvidence, ScopeSubtree, s.getAttemptEvidence)
	route(s, POST, "/attempts/{id}/late-inclusions", "proposeLateInclusion", org.PermExamAmend, ScopeSubtree, s.proposeLate)
	route(s, POST, "/attempts/{id}/void", "voidAttempt", org.PermExamAmend, ScopeSubtree, s.voidAttempt, recent)
	route(s, GET, "/late-inclusions", "listLateInclusions", org.PermExamEvidence, ScopeSubtree, s.listLateInclusions)
	route(s, POST, "/late-inclusions/{id}/approve", "approveLateInclusion", org.PermExamApprove, ScopeSubtree, s.approveLate, recent)
	route(s, POST, "/late-inclusions/{id}/decline", "declineLateInclusion", org.PermExamApprove, ScopeSubtree, s.declineLate)
	route(s, GET, "/exams/{id}/marking", "getMarking", org.PermExamAmend, ScopeAll, s.getMarking)
	route(s, POST, "/exams/{id}/regrades/preview", "previewRegrade", org.PermExamAmend, ScopeAll, s.previewRegrade)
	route(s, POST, "/exams/{id}/regrades", "applyRegrade", org.PermExamAmend, ScopeSubtree, s.applyRegrade, recent)
	route(s, GET, "/exams/{id}/regrades", "listRegrades", org.PermExamResults, ScopeAll, s.listRegrades)
	route(s, GET, "/regrades/{id}", "getRegrade", org.PermExamResults, ScopeAll, s.getRegrade)
	route(s, POST, "/regrades/{id}/undo", "undoRegrade", org.PermExamAmend, ScopeSubtree, s.undoRegrade, recent)
	route(s, POST, "/attempts/{id}/check-receipt", "checkReceipt", org.PermExamEvidence, ScopeSubtree, s.checkReceipt)
	route(s, GET, "/my-exams", "listMyExams", org.PermExamSit, ScopeAudience, s.listMyExams)
	route(s, GET, "/my-exams/{id}", "getMyExam", org.PermExamSit, ScopeAudience, s.getMyExam)
	route(s, POST, "/exams/{id}/start", "startAttempt", org.PermExamSit, ScopeAudience, s.startAttempt)
	route(s, GET, "/attempts/{id}", "getAttempt", org.PermExamSit, ScopeSelf, s.getAttempt, private)
	route(s, POST, "/attempts/{id}/take-over", "takeOverAttempt", org.PermExamSit, ScopeSelf, s.takeOverAttempt)
	route(s, POST, "/attempts/{id}/answers", "saveAnswers", org.PermExamSit, ScopeSelf, s.saveAnswers)
	route(s, POST, "/attempts/{id}/submit", "submitAttempt", org.PermExamSit, ScopeSelf, s.submitAttempt)
	route(s, GET, "/attempts/{id}/review", "reviewAttempt", org.PermExamSit, ScopeSelf, s.reviewAttempt, private)

	// hours, policies, exports
	route(s, GET, "/my-hours", "getMyHours", org.PermHours, ScopeSelf, s.getMyHours)
	route(s, GET, "/hours/overview", "getHoursOverview", org.PermHoursRead, ScopeSubtree, s.getHoursOverview)
	route(s, GET, "/hours/people", "listHoursPeople", org.PermHoursRead, ScopeSubtree, s.listHoursPeople)
	route(s, GET, "/hours/people/{person_id}", "getPersonHours", org.PermHoursRead, ScopeSubtree, s.getPersonHours)
	route(s, GET, "/hours/events/{id}", "getHourEvent", org.PermHoursAudit, ScopeSubtree, s.getHourEvent)
	route(s, GET, "/hour-batches", "listHourBatches", org.PermHoursRead, ScopeSubtree, s.listBatches)
	route(s, POST, "/hour-batches", "createHourBatch", org.PermHoursFile, ScopeSubtree, s.createBatch)
	rawRoute(s, GET, "/hour-batches/sheet", "getHourBatchSheet", org.PermHoursRead, ScopeSubtree, app.SheetType, s.getBatchSheet)
	route(s, GET, "/hour-batches/{id}", "getHourBatch", org.PermHoursRead, ScopeSubtree, s.getBatch)
	route(s, PUT, "/hour-batches/{id}", "updateHourBatch", org.PermHoursFile, ScopeSubtree, s.updateBatch)
	rawRoute(s, POST, "/hour-batches/{id}/file", "setHourBatchFile", org.PermHoursFile, ScopeSubtree, "application/json", s.setBatchFile)
	rawRoute(s, GET, "/hour-batches/{id}/file", "getHourBatchFile", org.PermHoursRead, ScopeSubtree, "application/octet-stream", s.getBatchFile)
	route(s, POST, "/hour-batches/{id}/submit", "submitHourBatch", org.PermHoursFile, ScopeSubtree, s.submitBatch)
	route(s, POST, "/hour-batches/{id}/withdraw", "withdrawHourBatch", org.PermHoursFile, ScopeSubtree, s.withdrawBatch)
	route(s, POST, "/hour-batches/{id}/approve", "approveHourBatch", org.PermHoursAdjust, ScopeSubtree, s.approveBatch)
	route(s, POST, "/hour-batches/{id}/reject", "rejectHourBatch", org.PermHoursAdjust, ScopeSubtree, s.rejectBatch)
	route(s, POST, "/hour-batches/{id}/reverse", "reverseHourBatch", org.PermHoursAdjust, ScopeSubtree, s.reverseBatch)
	route(s, POST, "/hours/events/{id}/reverse", "reverseHourEvent", org.PermHoursAdjust, ScopeSubtree, s.reverseHourEvent)
	route(s, GET, "/policies", "listPolicies", org.PermHoursRead, ScopeAll, s.listPolicies)
	route(s, POST, "/policies", "createPolicy", org.PermHoursPolicy, ScopeWhole, s.createPolicy)
	route(s, GET, "/policies/{id}", "getPolicy", org.PermHoursRead, ScopeAll, s.getPolicy)
	route(s, POST, "/policies/{id}/versions", "addPolicyVersion", org.PermHoursPolicy, ScopeWhole, s.addPolicyVersion)
	route(s, POST, "/policies/{id}/preview", "previewPolicy", org.PermHoursPolicy, ScopeWhole, s.previewPolicy)
	route(s, POST, "/policies/{id}/activate", "activatePolicy", org.PermHoursPolicy, ScopeWhole, s.activatePolicy, recent)
	route(s, POST, "/policies/{id}/retire", "retirePolicy", org.PermHoursPolicy, ScopeWhole, s.retirePolicy)
	route(s, POST, "/exports", "createExport", org.PermHoursRead, ScopeSubtree, s.createExport, recent)
	route(s, POST, "/people-exports", "createPeopleExport", org.PermPeopleRead, ScopeSubtree, s.createPeopleExport, recent)
	route(s, GET, "/exports", "listExports", org.PermSelf, ScopeSelf, s.listExports)
	route(s, GET, "/exports/{id}", "getExport", org.PermSelf, ScopeSelf, s.getExport)
	rawRoute(s, GET, "/exports/{id}/file", "getExportFile", org.PermSelf, ScopeSelf, app.SheetType, s.getExportFile, private)
}

type handler[I, O any] func(ctx context.Context, who app.Actor, in *I) (*O, error)

// route declares an operation that needs a permission.
func route[I, O any](s *Server, method, path, id string, perm org.Permission, scope ScopeKind, h handler[I, O], options ...routeOption) {
	op, declared := s.declare(method, path, id, perm, scope, options...)
	op.Middlewares = huma.Middlewares{s.permit(declared)}
	huma.Register(s.huma, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := h(ctx, actorOf(ctx), in)
		if err == nil {
			err = s.noteReads(ctx, actorOf(ctx), declared, out)
		}
		if err != nil {
			return nil, s.refusal(ctx, err)
		}
		return out, nil
	})
}

// publicRoute declares an operation that needs no sign-in.
func publicRoute[I, O any](s *Server, method, path, id string, h handler[I, O]) {
	op, _ := s.declare(method, path, id, "", ScopePublic)
	op.Security = []map[string][]string{}
	op.Middlewares = huma.Middlewares{s.refuseToken}
	huma.Register(s.huma, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := h(ctx, actorOf(ctx), in)
		if err != nil {
			return nil, s.refusal(ctx, err)
		}
		return out, nil
	})
}

// rawRoute declares an operation on bytes: parts of uploads, media, files. The
// handler writes the response itself; an error it returns becomes a problem.
func rawRoute(s *Server, method, path, id string, perm org.Permission, scope ScopeKind, contentType string, h func(c *fiber.Ctx, who app.Actor) error, options ...routeOption) {
	op, declared := s.declare(method, path, id, perm, scope, options...)
	op.Responses = map[string]*huma.Response{"200": {Description: "Bytes", Content: map[string]*huma.MediaType{
		contentType: {Schema: &huma.Schema{Type: "string", Format: "binary"}},
	}}}
	for _, seg := range strings.Split(path, "{")[1:] {
		name, _, _ := strings.Cut(seg, "}")
		op.Parameters = append(op.Parameters, &huma.Param{Name: name, In: "path", Required: true, Schema: &huma.Schema{Type: "string"}})
	}
	s.huma.OpenAPI().AddOperation(&op)
	fiberPath := apiPrefix + strings.NewReplacer("{", ":", "}", "").Replace(path)
	s.fiber.Add(method, fiberPath, s.authenticate, s.refuseForgery, func(c *fiber.Ctx) error {
		who := actorOf(c.UserContext())
		if err := permitted(who, declared); err != nil {
			return err
		}
		return h(c, who)
	})
}

func (s *Server) declare(method, path, id string, perm org.Permission, scope ScopeKind, options ...routeOption) (huma.Operation, *Operation) {
	o := &Operation{ID: id, Method: method, Path: path, Permission: perm, Scope: scope, Acting: method == GET}
	for _, option := range options {
		option(o)
	}
	s.operations = append(s.operations, o)
	tag, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	extensions := map[string]any{"x-permission": string(perm), "x-scope": string(scope)}
	if o.Recent {
		extensions["x-step-up"] = true
	}
	if o.Halfway {
		extensions["x-halfway"] = true
	}
	if o.Token {
		extensions["x-token"] = true
	}
	if o.Acting != (method == GET) {
		extensions["x-acting"] = o.Acting
	}
	return huma.Operation{
		OperationID: id, Method: method, Path: path, Tags: []string{tag}, MaxBodyBytes: jsonBodyLimit, Extensions: extensions,
	}, o
}

// Operations lists what was declared.
func (s *Server) Operations() []Operation {
	out := make([]Operation, len(s.operations))
	for i, o := range s.operations {
		out[i] = *o
	}
	return out
}

// checkOperations refuses to boot on an operation without permission or scope,
// or a Fiber route that nobody declared.
func (s *Server) checkOperations() error {
	var errs []error
	declared := map[string]bool{}
	for _, o := range s.operations {
		declared[o.Method+" "+apiPrefix+strings.NewReplacer("{", ":", "}", "").Replace(o.Path)] = true
		switch {
		case o.Scope == "":
			errs = append(errs, fmt.Errorf("operation %s has no scope", o.ID))
		case o.Scope != ScopePublic && !o.Permission.Known():
			errs = append(errs, fmt.Errorf("operation %s has no known permission (%q)", o.ID, o.Permission))
		}
	}
	for _, r := range s.fiber.GetRoutes(true) {
		if strings.HasPrefix(r.Path, apiPrefix+"/") && r.Method != http.MethodHead && !declared[r.Method+" "+r.Path] {
			errs = append(errs, fmt.Errorf("route %s %s is not declared in the table", r.Method, r.Path))
		}
	}
	return errors.Join(errs...)
}

func permitted(who app.Actor, o *Operation) error {
	switch {
	case who.PersonID == "":
		return domain.E(domain.Unauthenticated, "session.signed_out")
	case who.TokenID != "" && !o.Token:
		return domain.E(domain.Forbidden, "token.not_open")
	case who.Acting != nil && !o.Acting:
		return domain.E(domain.Forbidden, "session.acting")
	case who.NeedsFactor && !o.Halfway:
		return domain.E(domain.Forbidden, "session.second_factor_required")
	case !who.Can(o.Permission):
		return domain.E(domain.Forbidden, "session.not_permitted")
	case o.Scope == ScopeWhole && !who.CanEverywhere(o.Permission):
		return domain.E(domain.Forbidden, "session.needs_whole")
	case who.MustChange && o.Permission != org.PermSelf:
		return domain.E(domain.Forbidden, "session.password_must_change")
	case who.MustEnrol && o.Permission != org.PermSelf:
		return domain.E(domain.Forbidden, "session.must_enrol")
	case o.Recent && !who.Recent:
		return domain.E(domain.Forbidden, "session.step_up_required")
	}
	return nil
}

// permit refuses before the input is even read.
func (s *Server) permit(o *Operation) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		if err := permitted(actorOf(ctx.Context()), o); err != nil {
			s.writeProblem(ctx, s.problem(ctx.Context(), err))
			return
		}
		next(ctx)
	}
}
