package domain

// Scope is what a reader may see: the people whom a grant of ActorID that
// carries Permission reaches, today. It is resolved inside the SQL that reads.
type Scope struct {
	ActorID    string
	Permission string
	TokenID    string // of a program that acts in the actor's name: the token's reach holds, not his
}

// Audience says whom a course, an exam or a policy is for. Lists are joined by
// AND; inside a list any one entry suffices; an empty list does not limit.
type Audience struct {
	Kinds  []string `json:"kinds,omitempty"`  // staff, student
	Stages []string `json:"stages,omitempty"` // see org.Stages
	Ranks  []string `json:"ranks,omitempty"`  // see org.Ranks
	Units  []string `json:"units,omitempty"`  // unit ids; a unit stands for its whole subtree
}

// Everyone reports whether the rule leaves nobody out.
func (a Audience) Everyone() bool {
	return len(a.Kinds)+len(a.Stages)+len(a.Ranks)+len(a.Units) == 0
}
