'use strict';
// Colours, shapes and numbers as text: what all pictures of a page have in common.

const SHAPES = [  // of points, in a box of 10 by 10
  'M0,5 A5,5 0 1 1 10,5 A5,5 0 1 1 0,5 Z', 'M1,1 L9,1 L9,9 L1,9 Z', 'M5,0 L10,9 L0,9 Z', 'M5,0 L10,5 L5,10 L0,5 Z',
  'M0,1 L10,1 L5,10 Z', 'M3.5,0 L6.5,0 L6.5,3.5 L10,3.5 L10,6.5 L6.5,6.5 L6.5,10 L3.5,10 L3.5,6.5 L0,6.5 L0,3.5 L3.5,3.5 Z',
];
const DASHES = { solid: 'solid', dashed: [7, 5], dotted: [2, 4] };
const NAMED = { training: 0, validation: 1, test: 2 };
const COLOURS = 10;
let theme = {};

/** Reads the colours of the style sheet, which follow the system's. */
function readTheme() {
  const style = getComputedStyle(document.documentElement);
  const of = (name) => style.getPropertyValue('--' + name).trim();
  theme = { paper: of('paper'), ink: of('ink'), soft: of('soft'), rule: of('rule'), colours: [] };
  for (let i = 0; i < COLOURS; ++i) theme.colours.push(of('c' + i));
  theme.font = getComputedStyle(document.body).fontFamily;
  theme.dark = channels(theme.paper)[0] < 128;
}

// ---- who has which colour

const places = new Map();  // of names, in the palette

/** Gives each name of the page its place, in the order in which they come. */
function nameColours(names) {
  for (const name of names) if (name in NAMED) places.set(name, NAMED[name]);
  const taken = new Set(places.values());
  // First those that no name of the page has by itself, then round and round.
  const free = [];
  for (let i = 0; i < COLOURS; ++i) if (!taken.has(i)) free.push(i);
  let next = 0;
  for (const name of names) {
    if (places.has(name)) continue;
    places.set(name, free[next % free.length] + COLOURS * Math.floor(next / free.length));
    ++next;
  }
}

const placeOf = (name) => places.get(name) ?? 0;
/** What has no name stands back. */
const colourOf = (name) => name ? theme.colours[placeOf(name) % COLOURS] : theme.soft;
/** Points differ by shape, too. */
const shapeOf = (name) => SHAPES[placeOf(name) % SHAPES.length];
const symbolOf = (name) => 'path://' + shapeOf(name);

function channels(hex) {
  return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
}
/** From one colour to another, as numbers. */
function mixed(from, to, part) {
  const a = channels(from), b = channels(to);
  return a.map((channel, i) => Math.round(channel + (b[i] - channel) * part));
}
const css = (rgb) => `rgb(${rgb.join(',')})`;

/** A scale for what has an order: dark to bright, readable on both pages, and without red beside green. */
function scaleColour(part) {
  const stops = theme.dark ? ['#5b6ee1', '#b565c9', '#ef6a8a', '#f7a55a', '#f5e663']
                           : ['#26206e', '#7a1f8a', '#c0356a', '#dd6a22', '#c79a00'];
  const at = Math.min(Math.max(part, 0), 1) * (stops.length - 1), below = Math.min(Math.floor(at), stops.length - 2);
  return mixed(stops[below], stops[below + 1], at - below);
}
/** The colour of a series. */
const inkOf = (series) => series.shade === undefined ? colourOf(series.colour) : css(scaleColour(series.shade));

// ---- numbers as text

const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹';
const superscript = (n) => (n < 0 ? '⁻' : '') + [...String(Math.abs(n))].map((d) => SUPERSCRIPTS[d]).join('');

/** With up to `digits` digits that count. */
function numberText(value, digits = 4) {
  if (value === null || value === undefined) return '–';
  if (typeof value === 'string') return value === 'inf' ? '∞' : '−∞';
  if (value === 0) return '0';
  const size = Math.abs(value);
  const sign = value < 0 ? '−' : '';
  if (size < 1e-4 || size >= 1e7) {
    const exponent = Math.floor(Math.log10(size) + 1e-12);
    const factor = Number((size / 10 ** exponent).toPrecision(digits));
    return sign + (factor === 1 ? '' : factor + '·') + '10' + superscript(exponent);
  }
  if (Number.isInteger(value) || size >= 10 ** digits)
    return sign + Math.round(size).toString().replace(/\B(?=(\d{3})+$)/g, size >= 1e4 ? ' ' : '');
  return sign + Number(size.toPrecision(digits)).toString();
}
/** As the axis says. */
function axisText(value, axis, digits = 4) {
  if (!axis.percent || typeof value !== 'number') return numberText(value, digits);
  return numberText(Number((100 * value).toPrecision(digits)), digits) + ' %';
}
function axisTitle(axis) {
  if (!axis.unit) return axis.label;
  return axis.label ? `${axis.label} (${axis.unit})` : axis.unit;
}

/** How wide a text is drawn. */
const measure = document.createElement('canvas').getContext('2d');
function textWidth(text, size) {
  measure.font = `${size}px ${theme.font}`;
  return measure.measureText(text).width;
}
const widest = (texts, size) => Math.max(0, ...texts.map((text) => textWidth(text, size)));

// ---- elements

/** make('div', {class: 'x'}, child, ...): children are elements or texts. */
function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}
function makeSvg(name, attributes = {}, ...children) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

/** The sign of a series in a legend. */
function sign(series) {
  const svg = makeSvg('svg', { width: 26, height: 14, viewBox: '0 0 26 14', 'aria-hidden': 'true' });
  const colour = inkOf(series);
  if (series.line !== 'none') {
    const dash = dashOf(series);
    svg.append(makeSvg('line', { x1: 1, x2: 25, y1: 7, y2: 7, stroke: colour, 'stroke-width': 2.5,
                                 'stroke-dasharray': dash === 'solid' ? '' : dash.join(' ') }));
  }
  if (series.line === 'none' || series.points) {
    svg.append(makeSvg('path', { d: shapeOf(series.colour), fill: colour, transform: 'translate(8 2)' }));
  }
  return svg;
}

/** How the line of a series is broken: those that share a colour with another differ. */
function dashOf({ line, colour }) {
  return line === 'solid' && placeOf(colour) >= COLOURS ? [12, 3, 3, 3] : DASHES[line];
}

function bytesOf(base64) {
  return Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
}
