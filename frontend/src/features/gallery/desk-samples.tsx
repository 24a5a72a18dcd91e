import { useState } from 'react';
import { Bar } from '@/components/ui/bar';
import { Button } from '@/components/ui/button';
import { Card } from '@/components/ui/card';
import { DataTable, type Column } from '@/components/ui/desk/data-table';
import { DatePicker, MomentPicker } from '@/components/ui/desk/date-picker';
import { DetailPage } from '@/components/ui/desk/detail-page';
import { Form, FormField, Input, TextArea } from '@/components/ui/desk/form';
import { FormDrawer } from '@/components/ui/desk/form-drawer';
import { NumberField } from '@/components/ui/desk/number-field';
import { MultiSelect, Select } from '@/components/ui/desk/select';
import { TreeSelect } from '@/components/ui/desk/tree-select';
import { PersonName } from '@/components/ui/person-name';
import { Tag } from '@/components/ui/tag';
import type { Page } from '@/lib/http';
import { formatHours } from '@/lib/hours';
import { NetworkError, ProblemError } from '@/lib/problem';
import { Sample, Samples } from './sample';

interface Row {
  id: string;
  name: string;
  number: string;
  unit: string;
  stage: string;
  required: number;
  counted: number;
  tag: string;
}

const rows: Row[] = [
  {
    id: '1',
    name: '张晓𬭎',
    number: '20190412',
    unit: '第一党支部',
    stage: '发展对象',
    required: 2400,
    counted: 2150,
    tag: '',
  },
  {
    id: '2',
    name: '阿依古丽·买买提',
    number: '20210077',
    unit: '第三党支部',
    stage: '积极分子',
    required: 4000,
    counted: 2650,
    tag: '4 学时待审',
  },
  {
    id: '3',
    name: '王强',
    number: '20220135',
    unit: '学生第二支部',
    stage: '积极分子',
    required: 3350,
    counted: 1200,
    tag: '预计未完成',
  },
];

const columns: Column<Row>[] = [
  {
    key: 'name',
    title: '姓名',
    sort: 'name',
    always: true,
    render: (row) => (
      <>
        <PersonName name={row.name} strong />
        <div className="xs">{row.number}</div>
      </>
    ),
  },
  { key: 'unit', title: '支部', render: (row) => row.unit },
  { key: 'stage', title: '类别', render: (row) => row.stage },
  {
    key: 'required',
    title: '应修',
    align: 'end',
    sort: 'required',
    render: (row) => formatHours(row.required),
  },
  { key: 'counted', title: '已计', align: 'end', render: (row) => formatHours(row.counted) },
  {
    key: 'progress',
    title: '进度',
    width: 180,
    wide: true,
    render: (row) => <Bar label={`${row.name}的进度`} value={row.counted} max={row.required} />,
  },
  {
    key: 'tag',
    title: '情况',
    side: true,
    render: (row) => (row.tag ? <Tag tone="warn">{row.tag}</Tag> : <Tag>正常</Tag>),
  },
];

const refused = new ProblemError({
  status: 422,
  reason: 'input.invalid',
  messages: { 'zh-CN': '有 2 处需要修改。', en: 'Two things need a change.' },
  errors: [
    {
      location: 'body.title',
      reason: 'x',
      messages: { 'zh-CN': '请填写考试名称。', en: 'A title is needed.' },
    },
    {
      location: 'body.paper',
      reason: 'x',
      messages: { 'zh-CN': '这份试卷还没有题目。', en: 'The paper is empty.' },
    },
  ],
});

const units = [
  { id: 'a', name: '学院党委' },
  { id: 'b', parent_id: 'a', name: '第一党支部' },
  { id: 'c', parent_id: 'a', name: '第三党支部' },
];

/** The wrapped kit: what staff pages are made of. */
export function DeskSamples() {
  return (
    <Samples title="工作台组件" staff>
      <Table
        name="table"
        load={() => Promise.resolve({ items: rows, next_page_token: 'more', total: 243 })}
        full
      />
      <Table name="table-empty" load={() => Promise.resolve({ items: [] })} />
      <Table name="table-none-found" load={() => Promise.resolve({ items: [] })} full />
      <Table name="table-loading" load={() => new Promise(() => {})} />
      <Table name="table-error" load={() => Promise.reject(new NetworkError('unreachable'))} />
      <Sample name="form">
        <FormSample />
      </Sample>
      <Sample name="detail" wide>
        <DetailPage
          title="积极分子结业考试"
          tags={<Tag tone="ok">已发布</Tag>}
          detail="2026-11-24 09:00 – 11:00"
          actions={<Button small>撤销发布</Button>}
          facts={[
            { label: '试卷', value: '结业考试 A 卷' },
            { label: '时长', value: '60 分钟' },
            { label: '合格线', value: '60 / 100 分' },
          ]}
          timeline={[
            { key: 'a', at: '2026-11-22T01:00:00Z', title: '发布考试', detail: '王敏', tone: 'ok' },
            { key: 'b', at: '2026-11-21T06:30:00Z', title: '建立考试', detail: '王敏' },
          ]}
        >
          <Card>考试的内容在这里。</Card>
        </DetailPage>
      </Sample>
      <Sample name="drawer">
        <DrawerSample />
      </Sample>
    </Samples>
  );
}

function Table({ name, load, full }: { name: string; load: () => Promise<Page<Row>>; full?: boolean }) {
  return (
    <Sample name={name} wide={full}>
      <DataTable<Row>
        name={`gallery-${name}`}
        label={`学时审核（${name}）`}
        queryKey={['gallery', name]}
        load={load}
        columns={columns}
        rowKey={(row) => row.id}
        filters={
          full
            ? [
                { kind: 'tree', key: 'unit_id', label: '全部支部', rows: units },
                {
                  kind: 'select',
                  key: 'stage',
                  label: '类别',
                  options: [{ value: 'activist', label: '积极分子' }],
                },
                { kind: 'search', key: 'q', label: '姓名、工号' },
              ]
            : []
        }
        bulk={full ? (picked) => <Button small>{`提醒 ${picked.length} 人`}</Button> : undefined}
        onExport={full ? () => {} : undefined}
      />
    </Sample>
  );
}

function FormSample() {
  const [title, setTitle] = useState('');
  const [text, setText] = useState('');
  const [one, setOne] = useState<string | undefined>('activist');
  const [many, setMany] = useState<string[]>(['activist']);
  const [unit, setUnit] = useState<string | undefined>('c');
  const [date, setDate] = useState<string | undefined>('2026-12-31');
  const [moment, setMoment] = useState<string | undefined>('2026-11-24T01:00:00Z');
  const [hours, setHours] = useState<number | undefined>(150);
  const stages = [
    { value: 'activist', label: '入党积极分子' },
    { value: 'development_target', label: '发展对象' },
  ];
  return (
    <Card>
      <Form
        onSubmit={() => {}}
        error={refused}
        fields={['title']}
        footer={<Button kind="primary">保存</Button>}
      >
        <FormField label="考试名称" name="title" error={refused}>
          <Input value={title} onChange={setTitle} />
        </FormField>
        <FormField label="说明" hint="学员在开考前看到。">
          <TextArea value={text} onChange={setText} rows={2} />
        </FormField>
        <FormField label="类别">
          <Select options={stages} value={one} onChange={setOne} />
        </FormField>
        <FormField label="适用范围">
          <MultiSelect options={stages} value={many} onChange={setMany} />
        </FormField>
        <FormField label="党组织">
          <TreeSelect rows={units} value={unit} onChange={setUnit} />
        </FormField>
        <FormField label="截止日期">
          <DatePicker value={date} onChange={setDate} />
        </FormField>
        <FormField label="开始时间">
          <MomentPicker value={moment} onChange={setMoment} />
        </FormField>
        <FormField label="学时">
          <NumberField value={hours} onChange={setHours} scale={100} step={0.5} min={0} unit="学时" />
        </FormField>
      </Form>
    </Card>
  );
}

function DrawerSample() {
  const [open, setOpen] = useState(false);
  const [title, setTitle] = useState('');
  return (
    <>
      <Button onClick={() => setOpen(true)}>打开侧栏</Button>
      <FormDrawer
        open={open}
        title="新建试题"
        onClose={() => setOpen(false)}
        onSave={() => setOpen(false)}
        saving={{ isPending: false, error: null }}
        fields={['title']}
      >
        <FormField label="题干" name="title">
          <Input value={title} onChange={setTitle} />
        </FormField>
        <FormField label="所属支部">
          <TreeSelect rows={units} value={undefined} onChange={() => undefined} />
        </FormField>
      </FormDrawer>
    </>
  );
}
