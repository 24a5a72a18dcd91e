package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"zhixing/app"
	"zhixing/domain/hours"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// scaleParcel is how many people are made and copied at a time, so that a
// million do not lie in memory.
const scaleParcel = 20_000

// scaleTables are what people are made of, in the order in which they refer to
// each other.
var scaleTables = []string{"people", "memberships", "stage_facts", "rank_facts", "status_facts", "post_facts"}

// parcel is rows by table, in the order of scaleColumns.
type parcel map[string][][]any

var scaleColumns = map[string][]string{
	"people":       {"id", "number", "name", "pinyin", "initials", "kind", "gender", "born_on", "phone"},
	"memberships":  {"id", "person_id", "unit_id", "tree", "period"},
	"stage_facts":  {"id", "person_id", "stage", "period"},
	"rank_facts":   {"id", "person_id", "rank", "period"},
	"status_facts": {"id", "person_id", "status", "period"},
	"post_facts":   {"id", "person_id", "post", "unit_id", "period"},
}

// makePeople copies the people with their dated facts. Indexes and constraints
// of the tables are made again afterwards, which is many times faster than
// keeping them up row by row, and refuses what they would have refused.
func (s *scale) makePeople(ctx context.Context) error {
	return pgx.BeginFunc(ctx, s.db.Pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SET LOCAL statement_timeout = 0; SET LOCAL maintenance_work_mem = '512MB'"); err != nil {
			return err
		}
		again, err := withoutIndexes(ctx, tx, scaleTables)
		if err != nil {
			return err
		}
		for start := 0; start < s.people; start += scaleParcel {
			rows := parcel{}
			for i := start; i < min(s.people, start+scaleParcel); i++ {
				s.person(rows, i)
			}
			if err := s.copyParcel(ctx, tx, rows); err != nil {
				return err
			}
		}
		if err := s.readers(ctx, tx); err != nil {
			return err
		}
		for _, statement := range again {
			if _, err := tx.Exec(ctx, statement); err != nil {
				return fmt.Errorf("%s: %w", statement, err)
			}
		}
		return nil
	})
}

func (s *scale) copyParcel(ctx context.Context, tx pgx.Tx, rows parcel) error {
	for _, table := range scaleTables {
		if _, err := tx.CopyFrom(ctx, pgx.Identifier{table}, scaleColumns[table], pgx.CopyFromRows(rows[table])); err != nil {
			return fmt.Errorf("copy %s: %w", table, err)
		}
	}
	return nil
}

// withoutIndexes drops what is kept up row by row, but for primary keys, and
// tells the statements that make it again.
func withoutIndexes(ctx context.Context, tx pgx.Tx, tables []string) (again []string, err error) {
	rows, err := tx.Query(ctx, `
SELECT 'ALTER TABLE ' || c.conrelid::regclass || ' DROP CONSTRAINT ' || quote_ident(c.conname),
       'ALTER TABLE ' || c.conrelid::regclass || ' ADD CONSTRAINT ' || quote_ident(c.conname) || ' ' || pg_get_constraintdef(c.oid)
FROM pg_constraint c WHERE c.conrelid = ANY($1::text[]::regclass[]) AND c.contype IN ('x', 'f')
UNION ALL
SELECT 'DROP INDEX ' || i.indexrelid::regclass, pg_get_indexdef(i.indexrelid)
FROM pg_index i WHERE i.indrelid = ANY($1::text[]::regclass[]) AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = i.indexrelid)`, tables)
	if err != nil {
		return nil, err
	}
	var drop []string
	for rows.Next() {
		var without, with string
		if err := rows.Scan(&without, &with); err != nil {
			return nil, err
		}
		drop, again = append(drop, without), append(again, with)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	for _, statement := range drop {
		if _, err := tx.Exec(ctx, statement); err != nil {
			return nil, fmt.Errorf("%s: %w", statement, err)
		}
	}
	return again, nil
}

// names with their pinyin, the frequent ones first: what is drawn from them is
// as uneven as names are.
var (
	scaleSurnames = strings.Fields(`王wang 李li 张zhang 刘liu 陈chen 杨yang 黄huang 赵zhao 吴wu 周zhou 徐xu 孙sun 马ma 朱zhu 胡hu 郭guo 何he 林lin 高gao 罗luo
郑zheng 梁liang 谢xie 宋song 唐tang 许xu 韩han 邓deng 冯feng 曹cao 彭peng 曾zeng 肖xiao 田tian 董dong 潘pan 袁yuan 蔡cai 蒋jiang 余yu
于yu 杜du 叶ye 程cheng 魏wei 苏su 吕lv 丁ding 任ren 卢lu 姚yao 沈shen 钟zhong 姜jiang 崔cui 谭tan 陆lu 范fan 汪wang 廖liao
石shi 金jin 韦wei 贾jia 夏xia 付fu 方fang 邹zou 熊xiong 白bai 孟meng 秦qin 邱qiu 侯hou 江jiang 尹yin 薛xue 闫yan 段duan 雷lei
龙long 黎li 史shi 陶tao 贺he 毛mao 郝hao 顾gu 龚gong 邵shao 万wan 覃qin 武wu 钱qian 戴dai 严yan 莫mo 孔kong 向xiang 常chang`)
	scaleGiven = strings.Fields(`伟wei 芳fang 娜na 敏min 静jing 丽li 强qiang 磊lei 军jun 洋yang 勇yong 艳yan 杰jie 娟juan 涛tao 明ming 超chao 秀xiu 霞xia 平ping
刚gang 桂gui 英ying 华hua 文wen 建jian 国guo 志zhi 红hong 玉yu 春chun 梅mei 海hai 燕yan 晓xiao 东dong 林lin 宇yu 欣xin 子zi
浩hao 雨yu 思si 嘉jia 俊jun 佳jia 宁ning 涵han 梓zi 轩xuan 怡yi 博bo 诗shi 琪qi 晨chen 阳yang 睿rui 远yuan 天tian 一yi
鑫xin 瑞rui 凯kai 鹏peng 飞fei 龙long 波bo 辉hui 斌bin 莉li 萍ping 玲ling 云yun 凤feng 兰lan 新xin 永yong 生sheng 德de 庆qing
成cheng 忠zhong 良liang 兴xing 立li 学xue 少shao 世shi 祥xiang 安an 福fu 富fu 长chang 光guang 金jin 银yin 山shan 清qing 泽ze 恩en`)
)

func splitName(s string) (string, string) {
	r := []rune(s)
	return string(r[0]), string(r[1:])
}

// often draws an index below n, small ones more often.
func (s *scale) often(n int) int {
	x := s.rand.Float64()
	return int(x * x * float64(n))
}

func (s *scale) name() (name, pinyin, initials string) {
	parts := []string{scaleSurnames[s.often(len(scaleSurnames))], scaleGiven[s.often(len(scaleGiven))]}
	if s.rand.IntN(5) > 0 {
		parts = append(parts, scaleGiven[s.often(len(scaleGiven))])
	}
	sounds := make([]string, len(parts))
	for i, p := range parts {
		char, sound := splitName(p)
		name, sounds[i], initials = name+char, sound, initials+sound[:1]
	}
	return name, strings.Join(sounds, " "), initials
}

// person makes one person: a student or member of staff of one branch and one
// office, one in five of whom changed the branch, with the stages that led to
// where he stands; some left, some hold a rank or a post.
func (s *scale) person(to parcel, i int) {
	add := func(table string, values ...any) {
		to[table] = append(to[table], append([]any{app.NewID()}, values...))
	}
	id := app.NewID()
	if !s.peopleOnly {
		s.ids = append(s.ids, id)
	}
	name, pinyin, initials := s.name()
	kind, number := "student", fmt.Sprintf("%d%07d", s.today.Year()-i%scaleYears, i)
	born := hours.NewDate(s.today.Year()-18-s.rand.IntN(8), 1, 1) + hours.Date(s.rand.IntN(365))
	if i%4 == 0 {
		kind, number = "staff", fmt.Sprintf("T%07d", i)
		born -= hours.Date(s.rand.IntN(35 * 365))
	}
	since := hours.NewDate(s.today.Year()-scaleYears, 1, 1)
	to["people"] = append(to["people"], []any{
		id, number, name, pinyin, initials, kind, []string{"female", "male"}[s.rand.IntN(2)], day(born), fmt.Sprintf("1%010d", 3_000_000_000+i),
	})
	branch := s.branches[i%len(s.branches)]
	if s.rand.IntN(5) == 0 {
		moved := since + hours.Date(200+s.rand.IntN(1400))
		add("memberships", id, s.branches[s.rand.IntN(len(s.branches))], "party", period(since, moved))
		add("memberships", id, branch, "party", period(moved, 0))
	} else {
		add("memberships", id, branch, "party", period(since, 0))
	}
	add("memberships", id, s.offices[i/7%len(s.offices)], "admin", period(since, 0))
	s.stages(add, id, since)
	if kind == "staff" && s.rand.IntN(10) == 0 {
		add("rank_facts", id, []string{"section_head", "division_deputy", "division_head"}[s.rand.IntN(3)], period(since, 0))
	}
	if s.rand.IntN(30) == 0 {
		add("status_facts", id, []string{"on_leave", "retired", "left"}[s.rand.IntN(3)], period(s.today-hours.Date(s.rand.IntN(700)), 0))
	}
	if s.rand.IntN(40) == 0 {
		add("post_facts", id, []string{"secretary", "organisation", "publicity", "discipline"}[s.rand.IntN(4)], branch, period(since, 0))
	}
}

// stages makes the way to the stage where somebody stands, some hundred days each.
func (s *scale) stages(add func(table string, values ...any), id string, since hours.Date) {
	way := []string{"masses", "applicant", "activist", "development_target", "probationary_member", "member"}
	last := s.rand.IntN(len(way))
	first := max(0, last-s.rand.IntN(3))
	from := since
	for i := first; i <= last; i++ {
		until := hours.Date(0)
		if i < last {
			until = from + hours.Date(100+s.rand.IntN(500))
		}
		add("stage_facts", id, way[i], period(from, until))
		from = until
	}
}

// day and period are dates as COPY takes them; a period without an end goes on.
func day(d hours.Date) pgtype.Date {
	return pgtype.Date{Time: time.Unix(0, 0).UTC().AddDate(0, 0, int(d-hours.NewDate(1970, 1, 1))), Valid: true}
}

func period(from, until hours.Date) pgtype.Range[pgtype.Date] {
	r := pgtype.Range[pgtype.Date]{Lower: day(from), LowerType: pgtype.Inclusive, UpperType: pgtype.Unbounded, Valid: true}
	if until != 0 {
		r.Upper, r.UpperType = day(until), pgtype.Exclusive
	}
	return r
}

// readers are those on whose behalf is measured.
func (s *scale) readers(ctx context.Context, tx pgx.Tx) error {
	s.auditor = app.NewID()
	secretary, middle := app.NewID(), app.NewID()
	batch := &pgx.Batch{}
	for _, r := range [][]any{{s.auditor, scaleAuditor, "测量审核员"}, {secretary, scaleSecretary, "测量支部书记"}, {middle, scaleMiddle, "测量总支书记"}} {
		batch.Queue("INSERT INTO people (id, number, name, pinyin, initials, kind) VALUES ($1, $2, $3, 'ce liang', 'cl', 'staff')", r...)
	}
	for _, r := range [][]any{{s.auditor, "auditor", nil}, {secretary, "secretary", s.branches[0]}, {middle, "secretary", s.middle}} {
		batch.Queue("INSERT INTO grants (id, person_id, role, unit_id, period, reason) VALUES ($1, $2, $3, $4, '[2020-01-01,)', 'measuring')", append([]any{app.NewID()}, r...)...)
	}
	return errors.Join(tx.SendBatch(ctx, batch).Close())
}

// Numbers of the people on whose behalf is measured.
const (
	scaleAuditor   = "SCALE-AUDITOR"
	scaleSecretary = "SCALE-SECRETARY" // of the first branch
	scaleMiddle    = "SCALE-MIDDLE"    // of the first of the largest units below the root
)
