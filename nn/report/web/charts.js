'use strict';
// Charts, drawn by ECharts. Each function of DRAW takes a figure and draws it anew: for another width, or other colours.

const DRAW = {};
const NUMBERS = {};  // of the same kinds: {head, rows} of the table

const finite = (value) => typeof value === 'number';
const xOf = (series) => series.x ?? series.y.map((_, i) => i + 1);
const shown = (figure, series) => !figure.hidden.has(series.name);

/** An element that ECharts draws in; the chart in it stays from one drawing to the next. */
function chartIn(figure, element, width, height, option) {
  element.style.height = height + 'px';
  let chart = figure.instances.get(element);
  if (!chart) {
    chart = echarts.init(element, null, { renderer: 'svg', width, height });
    figure.instances.set(element, chart);
  }
  chart.resize({ width, height });
  chart.setOption({ animation: false, textStyle: { fontFamily: theme.font, fontSize: 13, color: theme.ink }, ...option },
                  { notMerge: true });
  return chart;
}

// ---- axes

/** What all finite numbers span, or nothing. */
function rangeOf(lists) {
  let low = Infinity, high = -Infinity;
  for (const list of lists) {
    for (const value of list) {
      if (!finite(value)) continue;
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  return low <= high ? [low, high] : [0, 1];
}

/** Steps of 1, 2 or 5 times a power of 10 that are about `count` over the range. */
function niceStep(span, count) {
  const rough = span / Math.max(count, 1), power = 10 ** Math.floor(Math.log10(rough));
  return power * [1, 2, 5, 10].find((factor) => factor * power >= rough * 0.999);
}

/** The ends and ticks of an axis. `tight`: it ends where the numbers do. */
function ticksOf(axis, [low, high], count, tight) {
  if (axis.log) return logTicks(axis, [low, high], count);
  low = axis.low ?? low;
  high = axis.high ?? high;
  if (!(low < high)) [low, high] = axis.high !== undefined ? [high - 1, high] : [low - (tight ? 0.5 : Math.abs(low) * 0.1 || 1), low + (tight ? 0.5 : Math.abs(low) * 0.1 || 1)];
  const step = niceStep(high - low, count);
  if (!tight) {
    if (axis.low === undefined) low = Math.floor(low / step + 1e-9) * step;
    if (axis.high === undefined) high = Math.ceil(high / step - 1e-9) * step;
    [low, high] = [Number(low.toPrecision(12)), Number(high.toPrecision(12))];
  }
  const values = [];
  for (let i = Math.ceil(low / step - 1e-9); i <= high / step + 1e-9; ++i)
    values.push(Number((i * step).toPrecision(12)));
  return { low, high, values };
}

/** Powers of 10; over few of them 2 and 5 times these as well. */
function logTicks(axis, [low, high], count) {
  low = axis.low ?? low;
  high = axis.high ?? high;
  if (!(low > 0)) low = high > 0 ? high / 10 : 0.1;
  if (!(high > low)) [low, high] = [low / 2, low * 2];
  const first = Math.floor(Math.log10(low)) - 1, last = Math.ceil(Math.log10(high)) + 1;
  const multiples = (factors) => {
    const all = [];
    for (let e = first; e <= last; ++e)
      for (const factor of factors) all.push(Number((factor * 10 ** e).toPrecision(12)));
    return all;
  };
  const fine = high / low < 6 ? [1, 1.5, 2, 3, 4, 5, 6, 8] : [1, 2, 5];
  // The ends stay close to the numbers, whatever is written.
  if (axis.low === undefined) low = multiples(fine).filter((v) => v <= low * 1.0001).at(-1);
  if (axis.high === undefined) high = multiples(fine).find((v) => v >= high * 0.9999);
  const inside = (v) => v >= low * 0.9999 && v <= high * 1.0001;
  for (const factors of [fine, [1, 3], [1]]) {
    const values = multiples(factors).filter(inside);
    if (values.length <= count * 1.6) return { low, high, values };
  }
  const every = Math.ceil((last - first) / count);
  return { low, high, values: multiples([1]).filter(inside).filter((_, i) => i % every === 0) };
}

/** The option of ECharts for an axis with these ticks. */
function axisOption(axis, ticks, more = {}) {
  return {
    type: axis.log ? 'log' : 'value',
    min: ticks.low,
    max: ticks.high,
    axisLine: { show: true, lineStyle: { color: theme.rule } },
    axisTick: { show: false, customValues: ticks.values },
    axisLabel: {
      color: theme.soft, fontSize: 12.5, hideOverlap: true, customValues: ticks.values,
      formatter: (value) => axisText(value, axis, 5),
    },
    splitLine: { show: false },
    ...more,
  };
}
/** The one along the lower edge, with its title. */
function lowerAxis(axis, ticks) {
  const option = axisOption(axis, ticks, { name: axisTitle(axis), nameLocation: 'middle', nameGap: 32,
                                           nameTextStyle: { color: theme.soft, fontSize: 13 } });
  option.axisLabel.margin = 10;
  return option;
}
/** The room that it needs. */
const lowerRoom = (axis) => axisTitle(axis) ? 50 : 28;

/** Thin lines across at each tick, which ECharts draws at ticks of its own alone. */
function rules(ticks, axis = 'yAxis') {
  return { type: 'line', silent: true, data: [],
           markLine: { silent: true, z: 0, symbol: 'none', label: { show: false }, animation: false,
                       lineStyle: { color: theme.rule, width: 1, type: 'solid', opacity: 0.7 },
                       data: ticks.values.map((value) => ({ [axis]: value })) } };
}

/** About how wide the labels of a vertical axis are. */
function labelWidth(axis, ticks) {
  return 12 + widest(ticks.values.map((value) => axisText(value, axis, 5)), 12.5);
}

// ---- lines

/** The band of a series as polygons, one for each stretch without gaps. */
function bandOption(series, floor) {
  const x = xOf(series), stretches = [];
  let open = null;
  x.forEach((at, i) => {
    const low = series.low[i], high = series.high[i];
    if (finite(at) && finite(low) && finite(high)) {
      if (!open) stretches.push(open = []);
      open.push([at, Math.max(low, floor), Math.max(high, floor)]);
    } else {
      open = null;
    }
  });
  return {
    type: 'custom', silent: true, z: 1, clip: true, data: stretches.map((_, i) => [i]),
    encode: { x: -1, y: -1 },
    renderItem: (params, api) => {
      const stretch = stretches[params.dataIndex];
      const upper = stretch.map(([at, , high]) => api.coord([at, high]));
      const lower = stretch.map(([at, low]) => api.coord([at, low]));
      return { type: 'polygon', shape: { points: [...upper, ...lower.reverse()] },
               style: { fill: inkOf(series), opacity: 0.18 } };
    },
  };
}

/** A series; infinite numbers are arrows at the edge of the chart. */
function lineOption(series, yAxis, ticks, marks) {
  const x = xOf(series), colour = inkOf(series);
  const drawable = (value) => finite(value) && !(yAxis.log && value <= 0);
  const option = {
    type: series.line === 'none' ? 'scatter' : 'line',
    name: series.name,
    data: series.y.map((value, i) => [finite(x[i]) ? x[i] : null, drawable(value) ? value : null]),
    z: series.line === 'none' ? 2 : 3, clip: true, connectNulls: false,  // points do not hide curves
    symbol: symbolOf(series.colour), showSymbol: series.points || series.y.length === 1, symbolSize: 7,
    itemStyle: { color: colour, opacity: series.line === 'none' && series.y.length > 150 ? 0.65 : 1 },
    lineStyle: { color: colour, width: 2.2, type: dashOf(series) },
    emphasis: { disabled: true },
    markPoint: { silent: true, animation: false, data: [] },
  };
  series.y.forEach((value, i) => {
    if (value !== 'inf' && value !== '-inf') return;
    option.markPoint.data.push({ coord: [x[i], value === 'inf' ? ticks.high : ticks.low], symbol: 'triangle', symbolSize: 11,
                                 symbolRotate: value === 'inf' ? 0 : 180, itemStyle: { color: colour } });
  });
  for (const mark of marks) {
    if (mark.colour !== series.colour || mark.y === undefined) continue;
    option.markPoint.data.push({ coord: [mark.x, mark.y], symbol: 'circle', symbolSize: 13,
                                 itemStyle: { color: 'transparent', borderColor: colour, borderWidth: 2.5 } });
  }
  return option;
}

/** Marks that belong to no series: points, and lines across. */
function markOption(marks, colours, [low, high]) {
  const free = marks.filter((mark) => mark.y === undefined || !colours.has(mark.colour));
  const look = (mark) => ({ color: mark.colour ? colourOf(mark.colour) : theme.soft });
  return {
    type: 'line', data: [], silent: true, z: 4,
    markLine: { silent: true, symbol: 'none', animation: false,
                data: free.filter((mark) => mark.y === undefined).map((mark) => ({
                  xAxis: mark.x, lineStyle: { ...look(mark), type: [5, 4], width: 1.5 },
                  label: { formatter: mark.label, color: theme.soft, fontSize: 12.5, position: 'end', distance: 2, rotate: 0,
                           align: mark.x > (low + high) / 2 ? 'right' : 'left' } })) },
    markPoint: { silent: true, animation: false,
                 data: free.filter((mark) => mark.y !== undefined).map((mark) => ({
                   coord: [mark.x, mark.y], symbol: 'circle', symbolSize: 13,
                   itemStyle: { color: 'transparent', borderColor: look(mark).color, borderWidth: 2.5 } })) },
  };
}

/** What a pointer over the chart reads: all series at that place. */
function tooltip(figure, spec, list) {
  return {
    trigger: 'axis', confine: true, transitionDuration: 0, appendTo: undefined,
    axisPointer: { type: 'line', lineStyle: { color: theme.soft, type: 'solid', width: 1 }, snap: true, label: { show: false } },
    backgroundColor: theme.paper, borderColor: theme.rule, padding: [6, 10],
    textStyle: { color: theme.ink, fontSize: 13 },
    formatter: (items) => {
      const seen = items.filter((item) => item.seriesName && finite(item.value?.[1]));
      if (!seen.length) return '';
      const box = make('div', {}, make('div', { style: `color:${theme.soft}` },
                       `${spec.x.label} ${axisText(seen[0].value[0], spec.x)}`));
      for (const item of seen) {
        const series = list.find((each) => each.name === item.seriesName);
        if (!series) continue;
        let text = axisText(item.value[1], spec.y);
        const at = item.dataIndex;
        if (series.low && finite(series.low[at]))
          text += ` (${axisText(series.low[at], spec.y)} to ${axisText(series.high[at], spec.y)})`;
        box.append(make('div', { style: 'display:flex;gap:8px;align-items:center' }, sign(series),
                        make('span', { style: 'flex:1' }, series.name), make('b', {}, text)));
      }
      return box;
    },
  };
}

/** The numbers of a list that an axis can show. */
const drawn = (axis) => (list) => axis.log ? list.filter((v) => finite(v) && v > 0) : list.filter(finite);

function rangeOfSeries(list, xAxis, yAxis, marks = []) {
  return {
    x: rangeOf([...list.map(xOf), marks.map((mark) => mark.x)].map(drawn(xAxis))),
    y: rangeOf([...list.map((s) => s.y), ...(yAxis.log ? [] : list.flatMap((s) => s.low ? [s.low, s.high] : [])),
                marks.map((mark) => mark.y)].map(drawn(yAxis))),
  };
}

/** One chart of lines. */
function drawLines(figure, element, spec, panel, width, height, range) {
  const list = panel.series.filter((series) => shown(figure, series));
  const whole = list.every((series) => xOf(series).every((value) => !finite(value) || Number.isInteger(value)));
  const y = ticksOf(spec.y, range.y, height / 48), x = ticksOf(spec.x, range.x, width / (spec.x.log ? 90 : 70), true);
  if (whole && !spec.x.log) x.values = x.values.filter(Number.isInteger);
  const colours = new Set(list.map((series) => series.colour));
  const left = labelWidth(spec.y, y);
  chartIn(figure, element, width, height, {
    grid: { left, right: 16, top: panel.marks.some((mark) => mark.y === undefined && mark.label) ? 24 : 12, bottom: lowerRoom(spec.x) },
    xAxis: lowerAxis(spec.x, x),
    yAxis: axisOption(spec.y, y, { axisLine: { show: false } }),
    tooltip: tooltip(figure, spec, list),
    series: [rules(y), ...list.filter((series) => series.low).map((series) => bandOption(series, spec.y.log ? y.low : -Infinity)),
             ...list.map((series) => lineOption(series, spec.y, y, panel.marks)), markOption(panel.marks, colours, range.x)],
  });
}

/** Names that can be switched off and on. */
function legend(figure, list) {
  const seen = new Map();
  for (const series of list) if (!seen.has(series.name)) seen.set(series.name, series);
  const box = make('div', { class: 'legend' });
  for (const series of seen.values()) {
    const button = make('button', { type: 'button', 'aria-pressed': shown(figure, series) }, sign(series), series.name);
    button.addEventListener('click', () => {
      if (!figure.hidden.delete(series.name)) figure.hidden.add(series.name);
      redraw(figure);
    });
    box.append(button);
  }
  return box;
}

/** Rings are said in the legend's place, as they have no name there. */
function markKey(marks) {
  const labels = [...new Set(marks.filter((mark) => mark.y !== undefined && mark.label).map((mark) => mark.label))];
  return labels.map((label) => make('div', { class: 'key' },
    makeSvg('svg', { width: 16, height: 16 }, makeSvg('circle', { cx: 8, cy: 8, r: 5.5, fill: 'none', stroke: theme.soft, 'stroke-width': 2 })),
    label));
}

DRAW.panels = (figure) => {
  const spec = figure.spec, single = spec.panels.length === 1 && !spec.panels[0].title;
  const all = spec.panels.flatMap((panel) => panel.series);
  const parts = [legend(figure, all), make('div', { class: 'ylabel' }, axisTitle(spec.y))];
  const holders = spec.panels.map((panel, i) => {
    const element = figure.part('panel' + i);
    return single ? element : make('div', {}, make('h4', {}, panel.title), element);
  });
  parts.push(single ? holders[0] : make('div', { class: 'panels' }, ...holders));
  figure.plot.replaceChildren(...parts, ...markKey(spec.panels.flatMap((panel) => panel.marks)));
  const visible = all.filter((series) => shown(figure, series));
  const range = rangeOfSeries(visible.length ? visible : all, spec.x, spec.y, spec.panels.flatMap((panel) => panel.marks));
  spec.panels.forEach((panel, i) => {
    const element = figure.part('panel' + i), width = element.clientWidth;
    drawLines(figure, element, spec, panel, width, single ? (width < 500 ? 280 : 360) : 230, range);
  });
};
NUMBERS.panels = ({ spec }) => {
  const rows = [];
  for (const panel of spec.panels)
    for (const series of panel.series)
      xOf(series).forEach((x, i) => rows.push([panel.title, series.name, numberText(x, 7), axisText(series.y[i], spec.y, 6),
        series.low ? axisText(series.low[i], spec.y, 6) : '', series.high ? axisText(series.high[i], spec.y, 6) : '']));
  return trimmed({ head: ['', 'series', axisTitle(spec.x) || 'x', axisTitle(spec.y) || 'y', 'from', 'to'], rows });
};

/** Without columns in which nothing stands. */
function trimmed({ head, rows }) {
  const kept = head.map((_, i) => rows.some((row) => row[i] !== ''));
  const cut = (row) => row.filter((_, i) => kept[i]);
  return { head: cut(head), rows: rows.map(cut) };
}

// ---- points by class

const classSeries = (points, name, number) => ({
  name, colour: name, line: 'none',
  places: points.points.filter((_, i) => (points.classes[i] ?? 0) === number),
});
const allClasses = (points) => points ? points.names.map((name, i) => classSeries(points, name, i)) : [];

function pointOption(series, outlined) {
  return { type: 'scatter', name: series.name, data: series.places.filter(([x, y]) => finite(x) && finite(y)), z: 3, clip: true, silent: true,
           symbol: symbolOf(series.colour), symbolSize: series.places.length > 300 ? 6 : 8,
           itemStyle: { color: colourOf(series.colour), borderColor: theme.paper, borderWidth: outlined ? 1.2 : 0.6,
                        opacity: outlined ? 1 : 0.85 } };
}

/** Charts of the plane are about as high as wide, and no wider than can be seen at once. */
const planeWidth = (figure) => Math.min(figure.width, 560);

DRAW.scatter = (figure) => {
  const spec = figure.spec, element = figure.part('scatter');
  const classes = allClasses(spec.points), list = [...classes, ...spec.lines];
  figure.plot.replaceChildren(legend(figure, list), make('div', { class: 'ylabel' }, axisTitle(spec.y)), element);
  const width = planeWidth(figure), height = Math.round(width * 0.8);
  const inLines = rangeOfSeries(spec.lines, spec.x, spec.y);
  const both = (k) => rangeOf([spec.points.points.map((place) => place[k]), ...(spec.lines.length ? [k ? inLines.y : inLines.x] : [])]);
  const x = ticksOf(spec.x, both(0), width / 80), y = ticksOf(spec.y, both(1), height / 60);
  chartIn(figure, element, width, height, {
    grid: { left: labelWidth(spec.y, y), right: 16, top: 12, bottom: lowerRoom(spec.x) },
    xAxis: lowerAxis(spec.x, x),
    yAxis: axisOption(spec.y, y),
    series: [rules(y), rules(x, 'xAxis'), ...classes.filter((series) => shown(figure, series)).map((series) => pointOption(series)),
             ...spec.lines.filter((series) => shown(figure, series)).map((series) => lineOption(series, spec.y, y, []))],
  });
};
NUMBERS.scatter = ({ spec }) => ({
  head: ['class', axisTitle(spec.x) || 'x', axisTitle(spec.y) || 'y'],
  rows: spec.points.points.map(([x, y], i) => [spec.points.names[spec.points.classes[i] ?? 0], numberText(x, 6), numberText(y, 6)]),
});

// ---- bars

DRAW.bars = (figure) => {
  const spec = figure.spec, element = figure.part('bars'), width = figure.width;
  figure.plot.replaceChildren(element);
  const bars = spec.bars, ends = bars.flatMap((bar) => [bar.value, bar.low, bar.high]);
  const range = rangeOf([spec.from_zero ? [...ends, 0] : ends].map(drawn(spec.axis)));
  const narrow = width < 560;
  const left = narrow ? 8 : Math.min(14 + widest(bars.map((bar) => bar.name), 13), width * 0.4);
  const valueOf = (bar) => axisText(bar.value, spec.axis) + (bar.low === undefined ? '' : ` (${axisText(bar.low, spec.axis)} – ${axisText(bar.high, spec.axis)})`);
  const right = narrow ? 16 : 24 + widest(bars.map(valueOf), 13);
  const x = ticksOf(spec.axis, range, (width - left - right) / 90);
  const each = narrow ? 50 : 34, height = bars.length * each + 6 + lowerRoom(spec.axis);
  const rows = bars.map((_, i) => i);
  chartIn(figure, element, width, height, {
    grid: { left, right, top: 6, bottom: lowerRoom(spec.axis) },
    xAxis: lowerAxis(spec.axis, x),
    yAxis: { type: 'category', data: rows, inverse: true, axisLine: { show: spec.from_zero, lineStyle: { color: theme.rule } }, axisTick: { show: false }, axisLabel: { show: false } },
    series: [rules(x, 'xAxis'), {
      type: 'custom', z: 3, silent: true, data: rows.map((i) => [i, i]), encode: { x: -1, y: 1 },
      renderItem: (params, api) => {
        const bar = bars[params.dataIndex], middle = api.coord([x.low, params.dataIndex])[1] + (narrow ? 9 : 0);
        const at = (value) => api.coord([Math.min(Math.max(value, x.low), x.high), params.dataIndex])[0];
        const colour = colourOf(bar.colour), children = [];
        const text = (content, px, py, align, fill) => children.push({ type: 'text', style: {
          text: content, x: px, y: py, align, verticalAlign: 'middle', fill, fontSize: 13, fontFamily: theme.font,
          ...(align === 'right' && !narrow ? { width: left - 12, overflow: 'truncate' } : {}) } });
        if (narrow) text(bar.name, left, middle - 21, 'left', theme.ink);
        else text(bar.name, left - 8, middle, 'right', theme.ink);
        if (narrow) text(valueOf(bar), width - 16, middle - 21, 'right', theme.soft);
        else text(valueOf(bar), width - right + 12, middle, 'left', theme.soft);
        if (finite(bar.value)) {
          if (spec.from_zero) {
            const zero = at(0);
            children.push({ type: 'rect', shape: { x: Math.min(zero, at(bar.value)), y: middle - 9, width: Math.abs(at(bar.value) - zero), height: 18, r: 2 }, style: { fill: colour } });
          }
          const ink = spec.from_zero ? theme.ink : colour;
          if (finite(bar.low) && finite(bar.high)) {
            const line = (x1, y1, x2, y2) => children.push({ type: 'line', shape: { x1, y1, x2, y2 }, style: { stroke: ink, lineWidth: 2 } });
            line(at(bar.low), middle, at(bar.high), middle);
            line(at(bar.low), middle - 5, at(bar.low), middle + 5);
            line(at(bar.high), middle - 5, at(bar.high), middle + 5);
          }
          if (!spec.from_zero) children.push({ type: 'circle', shape: { cx: at(bar.value), cy: middle, r: 5.5 }, style: { fill: colour } });
        }
        return { type: 'group', children };
      },
    }],
  });
};
NUMBERS.bars = ({ spec }) => trimmed({
  head: ['', axisTitle(spec.axis) || 'value', 'from', 'to'],
  rows: spec.bars.map((bar) => [bar.name, axisText(bar.value, spec.axis, 6), bar.low === undefined ? '' : axisText(bar.low, spec.axis, 6), bar.high === undefined ? '' : axisText(bar.high, spec.axis, 6)]),
});

// ---- a fitted curve, and what it leaves

DRAW.fit = (figure) => {
  const spec = figure.spec, width = figure.width;
  const upper = figure.part('curves'), lower = figure.part('residuals');
  const points = spec.points;
  const parts = [legend(figure, [points, ...spec.curves]), make('div', { class: 'ylabel' }, axisTitle(spec.y)), upper];
  if (spec.residuals.length)
    parts.push(make('div', { class: 'ylabel' }, 'residual: point minus curve' + (spec.y.unit ? ` (${spec.y.unit})` : '')), lower);
  figure.plot.replaceChildren(...parts);
  const ranges = rangeOfSeries([points, ...spec.curves], spec.x, spec.y);
  const blank = spec.residuals.length ? { ...spec.x, label: '', unit: '' } : spec.x;
  drawLines(figure, upper, { ...spec, x: blank }, { series: [points, ...spec.curves], marks: [] }, width, width < 500 ? 270 : 340, ranges);
  if (!spec.residuals.length) return;
  const y = { label: 'residual', unit: spec.y.unit };
  const left = rangeOfSeries(spec.residuals, spec.x, y);
  drawLines(figure, lower, { x: spec.x, y }, { series: spec.residuals, marks: [] }, width, width < 500 ? 200 : 220, { x: ranges.x, y: rangeOf([left.y, [0]]) });
};
NUMBERS.fit = ({ spec }) => {
  const rows = [];
  const add = (what, series) => xOf(series).forEach((x, i) => rows.push([what, series.name, numberText(x, 6), numberText(series.y[i], 6)]));
  add('point', spec.points);
  for (const curve of spec.curves) add('curve', curve);
  for (const residual of spec.residuals) add('residual', residual);
  return { head: ['', '', axisTitle(spec.x) || 'x', axisTitle(spec.y) || 'y'], rows };
};
