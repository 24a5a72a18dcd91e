import { useState } from 'react';
import { Bar, CaptionedBar, CoverageBar, NumberWithBar } from '@/components/ui/bar';
import { Button } from '@/components/ui/button';
import { Card, CardItem, CardList, Section } from '@/components/ui/card';
import { Dotted } from '@/components/ui/dotted';
import { CheckField, PasswordField, SelectField, TextAreaField, TextField } from '@/components/ui/field';
import { HoursParts, HoursRing } from '@/components/ui/hours-ring';
import { PersonName } from '@/components/ui/person-name';
import { Ring } from '@/components/ui/ring';
import { Segmented, Tabs } from '@/components/ui/tabs';
import { Tag } from '@/components/ui/tag';
import { Thumb } from '@/components/ui/thumb';
import { Timeline } from '@/components/ui/timeline';
import { Sample, Samples } from './sample';

const whole = { required_centi: 4000, counted_centi: 2650 };
const part = { required_centi: 2400, counted_centi: 1800 };

/** The light components: what learners' pages are made of. */
export function LightSamples() {
  const [tab, setTab] = useState('notes');
  const [kind, setKind] = useState('all');
  return (
    <Samples title="基础">
      <Sample name="button">
        <div className="row wrap">
          <Button kind="primary">从 12:40 继续</Button>
          <Button>取消</Button>
          <Button kind="danger">撤销发布</Button>
          <Button kind="quiet">更多</Button>
          <Button small>导出筛选结果</Button>
        </div>
      </Sample>
      <Sample name="button-states">
        <div className="row wrap">
          <Button kind="primary" busy>
            正在保存
          </Button>
          <Button kind="primary" disabled>
            不可用
          </Button>
          <Button disabled>不可用</Button>
        </div>
      </Sample>
      <Sample name="button-block">
        <Button kind="primary" block>
          登录
        </Button>
      </Sample>
      <Sample name="tag">
        <div className="row wrap">
          <Tag>选修</Tag>
          <Tag tone="accent">明天</Tag>
          <Tag tone="ok">已完成</Tag>
          <Tag tone="warn">还有 3 天</Tag>
          <Tag tone="honour">优秀学员</Tag>
        </div>
      </Sample>
      <Sample name="name">
        <Card>
          <div className="stack">
            {[
              '王强',
              '𠮷田昇',
              '张䶮',
              '张晓𬭎',
              '欧阳修远',
              '阿依古丽·买买提',
              '努尔麦麦提·阿卜杜热合曼·伊敏江',
            ].map((name) => (
              <PersonName key={name} name={name} strong />
            ))}
          </div>
        </Card>
      </Sample>
      <Sample name="ring">
        <div className="row wrap">
          <HoursRing {...whole} />
          <HoursRing required_centi={2400} counted_centi={2400} />
          <Ring value={0} max={10} text="0" under="/ 10 题" label="0 / 10" size={88} />
        </div>
      </Sample>
      <Sample name="bar">
        <Card className="stack">
          <HoursParts whole={whole} part={part} />
          <CaptionedBar
            caption="视频课程"
            aside="16 / 最多计 16"
            label="16 / 16"
            value={16}
            max={16}
            tone="neutral"
          />
          <Bar label="0%" value={0} max={10} />
          <CoverageBar
            label="已看三段"
            length={100}
            spans={[
              [0, 30],
              [34, 43],
              [60, 75],
            ]}
          />
        </Card>
      </Sample>
      <Sample name="number-with-bar">
        <Card>
          <NumberWithBar
            title="已完成"
            value="1,207"
            unit="人"
            note={<Tag tone="ok">65.5%</Tag>}
            bar={{ value: 1207, max: 1842, label: '65.5%', tone: 'ok' }}
          />
        </Card>
      </Sample>
      <Sample name="card-list">
        <Section title="新上线">
          <CardList>
            <CardItem
              title="新时代高校青年的责任"
              detail={<Dotted parts={['2 学时', '选修', '王敏']} />}
              lead={<Thumb time="38:05" />}
            />
            <CardItem
              title="廉政教育专题：身边的纪律与规矩——高校教职工廉洁从教二十讲"
              detail={<Dotted parts={['12 月 10 日 09:00 开始', '60 分钟', '50 题', '阿依古丽·买买提']} />}
              side={<Tag tone="warn">还有 3 天</Tag>}
            />
            <CardItem
              title="2.3 总纲导读（二）"
              detail="29:36"
              side={<Tag tone="accent">学习中</Tag>}
              current
            />
          </CardList>
        </Section>
      </Sample>
      <Sample name="tabs">
        <Tabs
          label="课程内容"
          current={tab}
          onChange={setTab}
          tabs={[
            { key: 'notes', title: '讲稿' },
            { key: 'ask', title: '提问', count: 12 },
            { key: 'files', title: '资料', count: 2 },
          ]}
        >
          <p>总纲部分说明了党的性质、指导思想和奋斗目标。</p>
        </Tabs>
      </Sample>
      <Sample name="segmented">
        <Segmented
          label="课程性质"
          current={kind}
          onChange={setKind}
          options={[
            { key: 'all', title: '全部课程' },
            { key: 'required', title: '必修' },
            { key: 'elective', title: '选修' },
          ]}
        />
      </Sample>
      <Sample name="timeline">
        <Card>
          <Timeline
            label="经过"
            items={[
              { key: 'a', at: '2026-11-22T01:00:00Z', title: '发布课程', detail: '王敏', tone: 'ok' },
              { key: 'b', at: '2026-11-21T06:30:00Z', title: '修改适用范围', detail: '增加：发展对象' },
              { key: 'c', at: '2026-11-20T00:12:00Z', title: '建立课程' },
            ]}
          />
        </Card>
      </Sample>
      <Sample name="field">
        <Card className="stack">
          <TextField label="学工号" defaultValue="20190412" hint="教工号或学号" />
          <TextField label="备注" optional placeholder="可以不填" />
          <PasswordField label="密码" defaultValue="zhixing" error="密码不正确，还可以再试 4 次。" />
          <SelectField label="年度" defaultValue="2026">
            <option>2026</option>
            <option>2025</option>
          </SelectField>
          <TextAreaField label="理由" hint="至少 4 个字，将记入操作日志。" />
          <CheckField label="记住这台设备" defaultChecked />
        </Card>
      </Sample>
    </Samples>
  );
}
