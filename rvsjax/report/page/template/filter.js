/** Split what is typed into terms; words in quotes stay together. */
const terms = (text) => text.match(/(?:"[^"]*"|[^\s"])+/g)?.map((term) => term.replaceAll('"', "")) ?? [];

/** Return the value of a row in a column: a word, a number, or null. */
function value(column, row) {
  const x = column.values[row];
  return column.kind === "word" ? (column.words[x] ?? null) : x;
}

const COMPARE = {
  "=": (a, b) => a === b, "!=": (a, b) => a !== b, "<": (a, b) => a !== null && a < b,
  ">": (a, b) => a !== null && a > b, "<=": (a, b) => a !== null && a <= b, ">=": (a, b) => a !== null && a >= b,
};

/** Return what says whether a row is kept; throws a sentence where a term means nothing. */
function keeper(columns, text) {
  const tests = terms(text).map((term) => {
    const [, name, sign, wanted] = term.match(/^([^<>=!]+)(<=|>=|!=|=|<|>)(.*)$/s) ?? [];
    if (name === undefined) return containing(columns, term.toLowerCase());
    const column = columns.find((c) => [c.name, c.name.replace(/^[pm]_/, ""), c.label].includes(name));
    if (!column) throw new Error(`there is no column “${name}”`);
    if (wanted === "") throw new Error(`${name}${sign} wants a value after it`);
    if (column.kind === "word" && !/^!?=$/.test(sign)) throw new Error(`${name} is a word: ${name}=value or ${name}!=value`);
    const right = column.kind === "word" ? wanted : Number(wanted);
    if (Number.isNaN(right)) throw new Error(`${name} is a number, “${wanted}” is none`);
    return (row) => COMPARE[sign](value(column, row), right);
  });
  return (row) => tests.every((test) => test(row));
}

/** A word alone is looked for in every column of words. */
function containing(columns, word) {
  const found = columns.filter((c) => c.kind === "word")
    .map((c) => [c, c.words.map((w) => w.toLowerCase().includes(word))]);
  return (row) => found.some(([column, has]) => has[column.values[row]]);
}
