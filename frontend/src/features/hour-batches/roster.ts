/** A roster as people write it: one number a line, and the hours after it where they differ. */

export interface RosterLine {
  number: string;
  amount_centi: number;
}

/** Reads `20190412 6.5` or a copied table; a line without hours gets the usual ones. Hours that are no number are 0. */
export function readRoster(text: string, usualCenti: number): RosterLine[] {
  return text
    .split(/\r?\n/)
    .map((line) => line.trim().split(/[\s,，;；、]+/))
    .filter(([number]) => number !== undefined && number !== '')
    .map(([number = '', ...rest]) => ({ number, amount_centi: hoursOf(rest.at(-1), usualCenti) }));
}

export function writeRoster(lines: readonly RosterLine[], usualCenti: number): string {
  return lines
    .map(({ number, amount_centi }) =>
      amount_centi === usualCenti ? number : `${number} ${amount_centi / 100}`,
    )
    .join('\n');
}

function hoursOf(text: string | undefined, usualCenti: number): number {
  if (text === undefined) return usualCenti;
  const plain = text.replace(/[０-９．]/g, (c) => String.fromCharCode(c.charCodeAt(0) - 0xfee0));
  const hours = /^\d+(\.\d{1,2})?(学时)?$/.test(plain) ? Number.parseFloat(plain) : Number.NaN;
  // A name between number and hours, as a copied roster has, leaves the usual hours.
  return Number.isNaN(hours) ? (/\d/.test(plain) ? 0 : usualCenti) : Math.round(hours * 100);
}
