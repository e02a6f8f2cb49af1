/** Words of a text that are put to its writer without network, read as wss_cases/routing/signs.py reads them. */

const TITLES = /\b(mr|mrs|ms|dr|dra|sr|sra|srta|prof)\./g;
const TOKENS = /[a-z0-9]+(?:'[a-z0-9]+)*|[.!?;\n]+/g;
const MARKS = /\p{M}/gu;

function folded(letter) {
  return letter.toLowerCase().replaceAll("\u2019", "'").replaceAll("\u2018", "'").normalize("NFD").replace(MARKS, "");
}

/** The text as patterns read it, and where each of its words stands in what was written. */
function prepared(text) {
  let plain = "";
  const places = [];
  for (let place = 0; place < text.length; place += 1) {
    for (const letter of folded(text[place])) {
      plain += letter;
      places.push(place);
    }
  }
  const tokens = [". "];
  const spans = [[0, 0]];
  for (const found of plain.replace(TITLES, "$1 ").matchAll(TOKENS)) {
    const [word] = found;
    tokens.push(/[a-z0-9]/.test(word[0]) ? `${word} ` : ". ");
    spans.push([places[found.index], places[found.index + word.length - 1] + 1]);
  }
  return { words: ` ${tokens.join("")}. `, spans: [...spans, [text.length, text.length]] };
}

function spansOf(pattern, words) {
  if (!pattern) return [];
  return [...words.matchAll(new RegExp(pattern, "g"))].map((found) => [found.index, found.index + found[0].length]);
}

function spacesBefore(words, end) {
  return words.slice(0, end).split(" ").length - 1;
}

/** Returns {sign, words} for each sign whose words stand in the text, in the order of the table. */
export function matches(text, signs) {
  const { words, spans } = prepared(text);
  return signs.flatMap((sign) => {
    const elsewhere = spansOf(sign.exception, words);
    const found = spansOf(sign.pattern, words).find(([begin, end]) => !elsewhere.some(([first, last]) => first < end && begin < last));
    if (!found) return [];
    const [first, last] = [spacesBefore(words, found[0] + 1) - 1, spacesBefore(words, found[1]) - 1];
    return [{ sign, words: text.slice(spans[first][0], spans[last][1]) }];
  });
}

/** Returns the facts that the tile and its card state already. */
function stated(form, asking) {
  const given = new FormData(form);
  const tile = given.get("what");
  const cards = Object.entries(asking.cards).filter(([, card]) => card.tiles.includes(tile));
  return {
    tile: asking.tiles[tile] ?? [],
    card: cards.flatMap(([name, card]) => given.getAll(name).flatMap((value) => card.answers[value] ?? [])),
  };
}

/** Returns the next word to be put to the writer of a form, as {sign, words}; undefined where there is none. */
export function nextWord(form, asking) {
  const given = new FormData(form);
  const said = given.getAll("said").map((value) => value.split(":")[0]);
  if (said.includes(asking.skipped) || given.get("what") === asking.never) return undefined;
  const { tile, card } = stated(form, asking);
  const figures = given.getAll("said").filter((value) => value.endsWith(`:${asking.figure}`)).map((value) => value.split(":")[0]);
  const asked = [];
  for (const match of matches(given.get("narrative"), asking.signs)) {
    const { sign } = match;
    const isStated = sign.facts.some((fact) => card.includes(fact)) || sign.facts.every((fact) => tile.includes(fact));
    const again = asked.some((one) => `${one.sign.facts}` === `${sign.facts}` && !figures.includes(one.sign.id));
    if (sign.question && !isStated && !again) asked.push(match);
  }
  return asked.slice(0, asking.most).find(({ sign }) => !said.includes(sign.id));
}
