/** The messy roster of the import story: always the same 2,000 rows, the same 40 faults in the same cells. */

/** What stands in which column: the letter is its place in the table. */
const heads = {
  A: '学号',
  B: '学生姓名',
  C: '性别',
  D: '出生年月',
  E: '身份证号码',
  F: '联系电话',
  G: '邮箱',
  H: '所在党支部',
  I: '政治面貌',
  J: '入党时间',
  K: '备注',
} as const;
type Letter = keyof typeof heads;
type Row = Record<Letter, string>;

export const ROWS = 2000;

/** The title and the header stand above; one blank line stands after the thousandth row. */
const lineOf = (row: number) => row + 3 + (row >= 1000 ? 1 : 0);

const surnames = [...'赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜'];
const given = [...'安博辰栋恩帆冠皓嘉凯岚铭宁佩琪睿思桐薇希妍熠泽梓䶮镕'];

/** Small and always the same: a linear congruence. */
function dice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (state >>> 8) % sides;
  };
}

const two = (n: number) => String(n).padStart(2, '0');

/** An id number of GB 11643 that is right in itself, and nobody else's of this file. */
function idCard(born: string, n: number, male: boolean): string {
  const order = 2 * (n % 400) + (male ? 101 : 100); // odd for men
  const body = `5301${two(1 + Math.floor(n / 400))}${born.replaceAll('-', '')}${order}`;
  const weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
  const sum = weights.reduce((all, weight, at) => all + weight * Number(body[at]), 0);
  return body + '10X98765432'[sum % 11];
}

/** The ways in which people write one and the same day. */
function written(born: string, way: number): string {
  const [year, month, day] = born.split('-').map(Number) as [number, number, number];
  switch (way) {
    case 0:
      return born;
    case 1:
      return `${year}/${month}/${day}`;
    case 2:
      return `${year}年${month}月${day}日`;
    case 3: // the day number of a spreadsheet
      return String(Math.round((Date.UTC(year, month - 1, day) - Date.UTC(1899, 11, 30)) / 86_400_000));
    case 4: // the month alone; the id number knows the day
      return `${year}.${month}`;
    default:
      return born.replaceAll('-', '');
  }
}

function mended(n: number, branches: string[], roll: (sides: number) => number): Row {
  const born = `${2004 + roll(4)}-${two(1 + roll(12))}-${two(1 + roll(28))}`;
  const male = roll(2) === 0;
  const name = surnames[roll(surnames.length)]! + given[roll(given.length)]! + given[roll(given.length)]!;
  const party = roll(3) === 0;
  return {
    // Full-width digits and spaces are how people type.
    A: n % 50 === 7 ? `Ｘ26${String(n).padStart(5, '0')}` : `X26${String(n).padStart(5, '0')}`,
    B: n % 40 === 3 ? `${name[0]} ${name.slice(1)}\u3000` : name,
    C: male ? '男' : '女',
    D: written(born, roll(6)),
    E: idCard(born, n, male),
    F: `138${String(10_000_000 + n)}`,
    G: n % 3 === 0 ? `x26${n}@example.edu.cn` : '',
    H: branches[n % branches.length]!,
    I: party ? '入党积极分子' : '共青团员',
    J: party ? '2026.3' : '',
    K: n % 100 === 0 ? '走读' : '',
  };
}

interface Fault {
  cell: Letter;
  reason: string;
  /** What stands in the cell, or what is done to the row; the row before is at hand. */
  text: string | ((row: Row, before: Row) => string);
}

/** Forty faults of twenty-three kinds, each found by its cell. */
const faults: Fault[] = [
  ...fault(2, 'A', 'import.number_missing', ''),
  ...fault(2, 'A', 'import.repeated', (_, before) => before.A),
  ...fault(1, 'A', 'import.formula', '=A2+1'),
  ...fault(2, 'A', 'person.number_form', (row) => `（${row.A}）`),
  ...fault(3, 'B', 'import.name_missing', ' '),
  ...fault(1, 'B', 'import.formula', '=HYPERLINK("http://example.com")'),
  ...fault(1, 'B', 'import.cell_error', '#N/A'),
  ...fault(2, 'C', 'person.gender_unknown', '不详'),
  ...fault(2, 'C', 'import.gender_differs', (row) => (row.C === '男' ? '女' : '男')),
  ...fault(2, 'D', 'import.date_two_digit_year', '05-7-1'),
  ...fault(1, 'D', 'import.date_order', '7/1/2005'),
  ...fault(1, 'D', 'import.date_no_month', '2005年'),
  ...fault(2, 'D', 'import.date_no_such_day', '2005-02-30'),
  ...fault(1, 'D', 'import.date_form', '农历三月'),
  ...fault(2, 'D', 'import.born_on_differs', '1999-09-09'),
  ...fault(2, 'E', 'import.number_destroyed', '5.30102E+17'),
  ...fault(3, 'E', 'person.id_card_checksum', (row) => row.E.slice(0, 17) + (row.E[17] === '1' ? '2' : '1')),
  ...fault(1, 'E', 'person.id_card_form', '530102'),
  ...fault(1, 'F', 'person.phone_form', '没有'),
  ...fault(1, 'G', 'person.email_form', 'x26.example.edu.cn'),
  ...fault(3, 'H', 'import.unit_unknown', '不存在的支部'),
  ...fault(2, 'I', 'person.stage_unknown', '党外人士'),
  ...fault(2, 'J', 'import.date_future', '2099-07-01'),
];

function fault(times: number, cell: Letter, reason: string, text: Fault['text']): Fault[] {
  return Array.from({ length: times }, () => ({ cell, reason, text }));
}

export interface Roster {
  /** The file as the college sends it, in GBK. */
  messy: Buffer;
  /** The same, put right. */
  mended: Buffer;
  /** `B17 import.name_missing`, in the order of the lines. */
  planted: string[];
  /** Number and name of somebody whose row is right from the start, and of somebody whose row is not. */
  right: { number: string; name: string };
  wrong: { number: string; name: string };
}

/** Builds both files for branches whose names the institution knows. */
export function roster(branches: string[]): Roster {
  const roll = dice(20_261_123);
  const good = Array.from({ length: ROWS }, (_, n) => mended(n, branches, roll));
  const bad = good.map((row) => ({ ...row }));
  const planted = faults.map(({ cell, reason, text }, k) => {
    const n = 20 + k * 49; // spread over the whole file, and never two in neighbouring rows
    const row = bad[n]!;
    row[cell] = typeof text === 'string' ? text : text(row, bad[n - 1]!);
    if (cell === 'J') row.I = '入党积极分子'; // a date without a stage would be another fault
    return `${cell}${lineOf(n)} ${reason}`;
  });
  const person = (n: number) => ({ number: good[n]!.A, name: good[n]!.B });
  return { messy: table(bad), mended: table(good), planted, right: person(1), wrong: person(20 + 8 * 49) };
}

function table(rows: Row[]): Buffer {
  const letters = Object.keys(heads) as Letter[];
  const quote = (text: string) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const line = (cells: string[]) => `${cells.map(quote).join(',')}\r\n`;
  const blank = line(letters.map(() => ''));
  const lines = rows.map((row) => line(letters.map((letter) => row[letter])));
  lines.splice(1000, 0, blank);
  const title = line(letters.map((_, n) => (n === 0 ? '2026 级新生花名册（汇总）' : '')));
  return gb18030(title + line(letters.map((letter) => heads[letter])) + lines.join(''));
}

/** Browsers and Node read GB18030 and do not write it: what it reads is turned round. */
function gb18030(text: string): Buffer {
  const decoder = new TextDecoder('gb18030');
  const known = new Map<string, number[]>();
  for (let lead = 0x81; lead <= 0xfe; lead++)
    for (let trail = 0x40; trail <= 0xfe; trail++) {
      const bytes = [lead, trail];
      const char = decoder.decode(Uint8Array.from(bytes));
      if (trail !== 0x7f && [...char].length === 1 && char !== '\ufffd' && !known.has(char))
        known.set(char, bytes);
    }
  return Buffer.from(
    [...text].flatMap((char) => {
      const bytes = char < '\u0080' ? [char.charCodeAt(0)] : known.get(char);
      if (!bytes) throw new Error(`${char} is not in GBK`);
      return bytes;
    }),
  );
}
