'use strict';
// Finds the pictures of the page, draws them, and draws them again when the width or the colours change.

const MOST_ROWS = 500;

const figures = [...document.querySelectorAll('figure.chart')].map((box) => {
  const parts = new Map();
  return {
    box,
    kind: box.dataset.kind,
    title: box.querySelector('h3')?.textContent ?? '',
    spec: JSON.parse(box.querySelector('script').textContent),
    plot: box.querySelector('.plot'),
    hidden: new Set(),       // names that the reader has switched off
    instances: new Map(),    // charts of ECharts, by element
    part(name) {             // an element that stays from one drawing to the next
      if (!parts.has(name)) parts.set(name, make('div', { class: 'canvas', role: 'img', 'aria-label': this.title }));
      return parts.get(name);
    },
    get width() { return this.plot.clientWidth; },
  };
});

/** The names of a picture that have a colour, in their order. */
function namesOf({ spec }) {
  const of = (list) => (list ?? []).filter((each) => each.shade === undefined && each.colour).map((each) => each.colour);
  return [...(spec.panels ?? []).flatMap((panel) => of(panel.series)), ...of(spec.bars), ...(spec.names ?? []),
          ...(spec.points?.names ?? []), ...of(spec.curves), ...of(spec.lines)];
}

function redraw(figure) {
  try {
    DRAW[figure.kind](figure);
  } catch (error) {
    figure.plot.textContent = 'This picture could not be drawn: ' + error.message;
    throw error;
  }
}

/** The table below a picture, made when it is asked for. */
function fillTable(figure, details) {
  details.querySelector('.scroll')?.remove();
  const { head, rows } = NUMBERS[figure.kind](figure);
  const every = Math.ceil(rows.length / MOST_ROWS);
  const line = (cell, texts) => make('tr', {}, ...texts.map((text) => make(cell, {}, text)));
  const body = make('tbody', {}, ...rows.filter((_, i) => i % every === 0).map((row) => line('td', row)));
  const scroll = make('div', { class: 'scroll', tabindex: 0 }, make('table', {}, make('thead', {}, line('th', head)), body));
  if (every > 1) scroll.prepend(make('p', {}, `${rows.length} rows, of which every ${every} is shown.`));
  details.append(scroll);
}

function drawAll() {
  readTheme();
  for (const figure of figures) {
    try { redraw(figure); } catch (error) { console.error(error); }
  }
}

nameColours([...new Set(figures.flatMap(namesOf))]);
drawAll();
for (const figure of figures) {
  const details = figure.box.querySelector('details.numbers');
  details.addEventListener('toggle', () => { if (details.open) fillTable(figure, details); });
}

let drawnWidth = document.documentElement.clientWidth;
window.addEventListener('resize', () => {
  if (document.documentElement.clientWidth === drawnWidth || 'print' in document.documentElement.dataset) return;
  drawnWidth = document.documentElement.clientWidth;
  requestAnimationFrame(drawAll);
});
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', drawAll);
// On paper pages are light, and as wide as a sheet.
window.addEventListener('beforeprint', () => { document.documentElement.dataset.print = ''; drawAll(); });
window.addEventListener('afterprint', () => { delete document.documentElement.dataset.print; drawAll(); });
