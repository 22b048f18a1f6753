'use strict';
// Pictures of cells, pixels and fields, drawn by ECharts or on a canvas, and graphs, laid out by dagre.

/** Ink that is read on a background. */
function inkOn([r, g, b]) {
  return 0.299 * r + 0.587 * g + 0.114 * b > 140 ? '#1b1f24' : '#ffffff';
}

// ---- a matrix

/** Shades from the page's colour to a full one. */
function shadeOf(spec, row, column, value, low, high, sum) {
  if (!finite(value)) return channels(theme.paper);
  if (!spec.confusion) return mixed(theme.paper, theme.colours[0], high > low ? (value - low) / (high - low) : 0);
  const share = sum > 0 ? value / sum : 0;
  if (value === 0) return channels(theme.paper);
  // Mistakes are few, and are to be seen: the root makes them darker.
  return row === column ? mixed(theme.paper, theme.colours[0], 0.15 + 0.7 * share)
                        : mixed(theme.paper, theme.colours[1], 0.12 + 0.88 * Math.sqrt(share));
}

DRAW.matrix = (figure) => {
  const spec = figure.spec, element = figure.part('matrix');
  const rows = spec.row_names.length, columns = spec.column_names.length;
  figure.plot.replaceChildren(element);
  const width = Math.min(figure.width, Math.max(280, 120 + columns * 62)), narrow = figure.width < 500;
  const nameWidth = Math.min(widest(spec.row_names, 12.5) + 12, width * 0.3);
  const left = nameWidth + (spec.rows ? 22 : 0), cell = (width - left - 8) / columns;
  const nameHeight = widest(spec.column_names, 12.5), tilt = cell < nameHeight + 4;
  const top = (tilt ? Math.min(nameHeight, 110) * 0.72 + 18 : 24) + (spec.columns ? 20 : 0);
  const cellHeight = Math.max(Math.min(cell, 40), narrow ? 22 : 16), height = top + rows * cellHeight + 8;
  const [low, high] = rangeOf([spec.values]);
  const sums = spec.row_names.map((_, row) => spec.values.slice(row * columns, (row + 1) * columns).filter(finite).reduce((a, b) => a + b, 0));
  const texts = spec.values.map((value) => numberText(value, 3));
  const size = Math.min(13, 13 * (cell - 4) / widest(texts, 13));
  const every = (length, room) => Math.ceil(length * 14 / room);
  chartIn(figure, element, width, height, {
    grid: { left, right: 8, top, bottom: 8 },
    xAxis: { type: 'category', data: spec.column_names, position: 'top', name: spec.columns, nameLocation: 'middle', nameGap: top - 18,
             nameTextStyle: { color: theme.soft, fontSize: 13 }, axisLine: { show: false }, axisTick: { show: false },
             axisLabel: { color: theme.ink, fontSize: 12.5, rotate: tilt ? 45 : 0, interval: every(columns, columns * cell) - 1,
                          width: 110, overflow: 'truncate' } },
    yAxis: { type: 'category', data: spec.row_names, inverse: true, name: spec.rows, nameLocation: 'middle', nameGap: nameWidth,
             nameTextStyle: { color: theme.soft, fontSize: 13 }, axisLine: { show: false }, axisTick: { show: false },
             axisLabel: { color: theme.ink, fontSize: 12.5, interval: every(rows, rows * cellHeight) - 1, width: nameWidth - 8, overflow: 'truncate' } },
    tooltip: {
      trigger: 'item', confine: true, transitionDuration: 0, backgroundColor: theme.paper, borderColor: theme.rule, textStyle: { color: theme.ink, fontSize: 13 },
      formatter: ({ dataIndex }) => {
        const row = Math.floor(dataIndex / columns), column = dataIndex % columns, value = spec.values[dataIndex];
        const share = spec.confusion && finite(value) && sums[row] > 0 ? ` (${numberText(100 * value / sums[row], 3)} % of the row)` : '';
        return make('div', {}, `${spec.rows || 'row'} ${spec.row_names[row]}, ${spec.columns || 'column'} ${spec.column_names[column]}: `, make('b', {}, texts[dataIndex]), share);
      },
    },
    series: [{
      type: 'custom', data: spec.values.map((_, i) => [i % columns, Math.floor(i / columns)]), encode: { x: 0, y: 1 },
      renderItem: (params) => {
        const column = params.dataIndex % columns, row = Math.floor(params.dataIndex / columns), value = spec.values[params.dataIndex];
        const box = params.coordSys, w = box.width / columns, h = box.height / rows, gap = w > 12 ? 1 : 0;
        const shade = shadeOf(spec, row, column, value, low, high, sums[row]);
        const children = [{ type: 'rect', shape: { x: box.x + column * w, y: box.y + row * h, width: w - gap, height: h - gap },
                            style: { fill: css(shade), stroke: theme.rule, lineWidth: gap ? 0.5 : 0 } }];
        if (size >= 8.5 && value !== null && !(spec.confusion && value === 0))
          children.push({ type: 'text', silent: true, style: { text: texts[params.dataIndex], x: box.x + (column + 0.5) * w, y: box.y + (row + 0.5) * h,
            align: 'center', verticalAlign: 'middle', fontSize: size, fontFamily: theme.font, fill: inkOn(shade) } });
        return { type: 'group', children };
      },
    }],
  });
};
NUMBERS.matrix = ({ spec }) => ({
  head: ['', ...spec.column_names],
  rows: spec.row_names.map((name, row) => [name, ...spec.column_names.map((_, column) => numberText(spec.values[row * spec.column_names.length + column], 6))]),
});

// ---- a field over the plane

/** The picture of a frame, from the first place of the grid to the last, `shape` times as high as wide. */
function fieldImage(spec, frame, shape) {
  const bytes = bytesOf(frame.bytes), { rows, columns } = spec;
  const canvas = make('canvas', { width: columns, height: rows }), context = canvas.getContext('2d');
  const image = context.createImageData(columns, rows), colours = [];
  for (let byte = 0; byte < 256; ++byte) {
    colours.push(spec.names.length ? mixed(theme.paper, colourOf(spec.names[byte >> 4] ?? ''), 0.1 + 0.55 * (byte & 15) / 15)
                                   : scaleColour(byte / 255));
  }
  for (let row = 0; row < rows; ++row) {
    for (let column = 0; column < columns; ++column) {
      const colour = colours[bytes[(rows - 1 - row) * columns + column]];
      image.data.set([...colour, 255], 4 * (row * columns + column));
    }
  }
  context.putImageData(image, 0, 0);
  // A pixel is a place, and the edge goes through the middle of the outer ones.
  const width = Math.min(2 * columns, 600), height = Math.round(width * shape);
  const whole = make('canvas', { width, height });
  whole.getContext('2d').drawImage(canvas, 0.5, 0.5, columns - 1, rows - 1, 0, 0, width, height);
  return whole.toDataURL();
}

/** A slider through the frames, and a button that lets them pass. */
function player(figure, show) {
  const { frames } = figure.spec;
  const slider = make('input', { type: 'range', min: 0, max: frames.length - 1, step: 1, 'aria-label': 'which picture' });
  const output = make('output', {}), button = make('button', { type: 'button' }, 'Play');
  const go = (at) => {
    figure.frame = at;
    slider.value = at;
    output.textContent = frames[at].label;
    slider.setAttribute('aria-valuetext', frames[at].label);
    show(at);
  };
  const stop = () => {
    clearInterval(figure.timer);
    figure.timer = undefined;
    button.textContent = 'Play';
  };
  slider.addEventListener('input', () => { stop(); go(Number(slider.value)); });
  button.addEventListener('click', () => {
    if (figure.timer) { stop(); return; }
    button.textContent = 'Stop';
    if (figure.frame === frames.length - 1) go(0);
    figure.timer = setInterval(() => {
      if (figure.frame === frames.length - 1) stop(); else go(figure.frame + 1);
    }, Math.min(400, Math.max(80, 6000 / frames.length)));
  });
  if (figure.timer) stop();
  slider.value = figure.frame;
  output.textContent = frames[figure.frame].label;
  return make('div', { class: 'player' }, button, slider, output);
}

DRAW.field = (figure) => {
  const spec = figure.spec, element = figure.part('field'), { frames } = spec;
  figure.frame ??= frames.length - 1;
  const classes = spec.points ? allClasses(spec.points) : spec.names.map((name) => ({ name, colour: name, line: 'none', places: [] }));
  const list = [...classes, ...spec.lines];
  const width = planeWidth(figure), x = ticksOf({ ...spec.x, low: spec.left, high: spec.right, log: false }, [0, 1], width / 80, true);
  const y = ticksOf({ ...spec.y, low: spec.bottom, high: spec.top, log: false }, [0, 1], width / 80, true);
  const left = labelWidth(spec.y, y), bottom = lowerRoom(spec.x), top = 10;
  const shape = Math.min(Math.max((spec.top - spec.bottom) / (spec.right - spec.left), 0.5), 1.2);
  const height = Math.round((width - left - 16) * shape) + top + bottom;
  const pictures = [];
  const picture = (at) => pictures[at] ??= fieldImage(spec, frames[at], shape);
  const chart = () => chartIn(figure, element, width, height, {
    grid: { left, right: 16, top, bottom },
    xAxis: lowerAxis(spec.x, x),
    yAxis: axisOption(spec.y, y),
    series: [{
      id: 'field', type: 'custom', silent: true, z: 1, data: frames.length ? [[0]] : [], encode: { x: -1, y: -1 },
      renderItem: (_, api) => {
        const [x0, y0] = api.coord([spec.left, spec.top]), [x1, y1] = api.coord([spec.right, spec.bottom]);
        return { type: 'image', style: { image: picture(figure.frame), x: x0, y: y0, width: x1 - x0, height: y1 - y0 } };
      },
    }, ...classes.filter((series) => shown(figure, series)).map((series) => pointOption(series, true)),
    ...spec.lines.filter((series) => shown(figure, series)).flatMap((series) => {
      const line = lineOption(series, spec.y, y, []);  // a rim tells it from what is under it
      const rim = { ...line, name: undefined, z: 2, showSymbol: false, lineStyle: { color: theme.paper, width: 5 } };
      return [rim, { ...line, z: 4, symbolSize: 10, itemStyle: { ...line.itemStyle, borderColor: theme.paper, borderWidth: 1.5 } }];
    })],
  });
  const parts = [legend(figure, list)];
  if (frames.length > 1) parts.push(player(figure, () => chart()));
  parts.push(make('div', { class: 'ylabel' }, axisTitle(spec.y)), element);
  if (!spec.names.length && frames.length) {
    const ramp = make('div', { class: 'ramp' });
    ramp.style.background = `linear-gradient(to right, ${[0, 0.25, 0.5, 0.75, 1].map((part) => css(scaleColour(part))).join(',')})`;
    parts.push(make('div', { class: 'key' }, numberText(spec.low, 3), ramp, `${numberText(spec.high, 3)} ${spec.unit}`));
  }
  figure.plot.replaceChildren(...parts);
  chart();
};
NUMBERS.field = ({ spec, frame }) => {
  const bytes = spec.frames.length ? bytesOf(spec.frames[frame ?? 0].bytes) : [], rows = [];
  const at = (low, high, i, count) => numberText(low + (high - low) * i / (count - 1), 5);
  bytes.forEach((byte, i) => {
    const row = Math.floor(i / spec.columns), column = i % spec.columns;
    const place = [at(spec.left, spec.right, column, spec.columns), at(spec.bottom, spec.top, row, spec.rows)];
    rows.push(spec.names.length ? [...place, spec.names[byte >> 4], `${Math.round((byte & 15) / 0.15)} %`]
                                : [...place, numberText(spec.low + (spec.high - spec.low) * byte / 255, 3), '']);
  });
  return trimmed({ head: [axisTitle(spec.x), axisTitle(spec.y), spec.names.length ? 'class' : 'value', 'sure beyond chance'], rows });
};

// ---- pictures of pixels

function drawPixels(spec, image) {
  const bytes = bytesOf(image.bytes), { width, height } = image;
  const canvas = make('canvas', { width, height, role: 'img', 'aria-label': image.caption });
  const context = canvas.getContext('2d'), data = context.createImageData(width, height);
  const plus = theme.colours[1], minus = theme.colours[0];
  bytes.forEach((byte, i) => {
    const part = (byte - 127.5) / 127.5;
    const colour = spec.diverging ? mixed(theme.paper, part > 0 ? plus : minus, Math.abs(part)) : [byte, byte, byte];
    data.data.set([...colour, 255], 4 * i);
  });
  context.putImageData(data, 0, 0);
  const scale = spec.size / Math.max(width, height);
  canvas.style.width = Math.round(width * scale) + 'px';
  canvas.style.height = Math.round(height * scale) + 'px';
  return canvas;
}

DRAW.images = (figure) => {
  const spec = figure.spec;
  const pictures = spec.images.map((image) => {
    const box = make('div', {}, drawPixels(spec, image), image.caption);
    box.style.width = Math.max(spec.size, 56) + 'px';
    return box;
  });
  const parts = [make('div', { class: 'pictures' }, ...pictures)];
  if (spec.diverging && spec.images.length) {
    const ramp = make('div', { class: 'ramp' });
    ramp.style.background = `linear-gradient(to right, ${theme.colours[0]}, ${theme.paper}, ${theme.colours[1]})`;
    parts.push(make('div', { class: 'key' }, numberText(-spec.largest, 3), ramp, numberText(spec.largest, 3)));
  }
  figure.plot.replaceChildren(...parts);
};
NUMBERS.images = ({ spec }) => ({
  head: ['picture', 'pixels'],
  rows: spec.images.map((image) => [image.caption.replaceAll('\n', ', '), `${image.width} × ${image.height}`]),
});

// ---- graphs

DRAW.graph = (figure) => {
  const spec = figure.spec, graph = new dagre.Graph({ compound: true, multigraph: true });
  graph.setGraph({ rankdir: 'TB', nodesep: 22, ranksep: 34, edgesep: 14, marginx: 4, marginy: 4 });
  graph.setDefaultEdgeLabel(() => ({}));
  const frame = (path) => 'frame ' + path;
  spec.nodes.forEach((node, i) => {
    const width = Math.max(textWidth(node.label, 13), textWidth(node.detail, 11)) + 22;
    graph.setNode('node ' + i, { width, height: node.detail ? 40 : 28, node });
    const parts = node.group ? node.group.split('.') : [];
    for (let depth = parts.length; depth > 0; --depth) {
      const path = parts.slice(0, depth).join('.'), inner = depth === parts.length ? 'node ' + i : frame(parts.slice(0, depth + 1).join('.'));
      if (!graph.hasNode(frame(path))) graph.setNode(frame(path), { name: parts[depth - 1] });
      graph.setParent(inner, frame(path));
    }
  });
  spec.edges.forEach((edge, i) => graph.setEdge('node ' + edge.from, 'node ' + edge.to,
    { label: edge.label, width: edge.label ? textWidth(edge.label, 11) + 6 : 0, height: edge.label ? 14 : 0, labelpos: 'c' }, 'edge ' + i));
  dagre.layout(graph);

  const { width, height } = graph.graph();
  const svg = makeSvg('svg', { viewBox: `0 0 ${Math.ceil(width)} ${Math.ceil(height)}`, width: Math.ceil(width), height: Math.ceil(height), role: 'img',
                               'aria-label': spec.nodes.map((node) => node.label).join(', ') });
  svg.style.minWidth = Math.min(width, Math.max(figure.width, width * 0.75)) + 'px';
  const frames = graph.nodes().filter((id) => id.startsWith('frame ')).map((id) => [id, graph.node(id)]);
  frames.sort((a, b) => b[1].width * b[1].height - a[1].width * a[1].height);
  for (const [, box] of frames) {
    const x = box.x - box.width / 2, y = box.y - box.height / 2;
    svg.append(makeSvg('rect', { class: 'frame', x, y, width: box.width, height: box.height, rx: 8 }),
               makeSvg('text', { class: 'frame-label', x: x + 8, y: y + 15 }, box.name));
  }
  const labels = [];  // above all edges
  for (const id of graph.edges()) {
    const edge = graph.edge(id), points = edge.points;
    const path = points.map((point, i) => {
      if (i === 0) return `M${point.x},${point.y}`;
      if (i === points.length - 1) return `L${point.x},${point.y}`;
      const next = points[i + 1];
      return `Q${point.x},${point.y} ${(point.x + next.x) / 2},${(point.y + next.y) / 2}`;
    }).join(' ');
    const end = points.at(-1), before = points.at(-2), angle = Math.atan2(end.y - before.y, end.x - before.x) * 180 / Math.PI;
    svg.append(makeSvg('path', { class: 'edge', d: path }),
               makeSvg('path', { class: 'head', d: 'M0,0 L-7,-3.5 L-7,3.5 Z', transform: `translate(${end.x},${end.y}) rotate(${angle})` }));
    if (edge.label)
      labels.push(makeSvg('text', { class: 'edge-label', x: edge.x, y: edge.y + 4, 'text-anchor': 'middle' }, edge.label));
  }
  svg.append(...labels);
  for (const id of graph.nodes()) {
    const box = graph.node(id);
    if (!box.node) continue;
    const group = makeSvg('g', { class: 'node ' + box.node.kind });
    group.append(makeSvg('rect', { x: box.x - box.width / 2, y: box.y - box.height / 2, width: box.width, height: box.height,
                                   rx: box.node.kind === 'operation' ? 14 : 4 }),
                 makeSvg('text', { x: box.x, y: box.y + (box.node.detail ? -2 : 4.5), 'text-anchor': 'middle' }, box.node.label));
    if (box.node.detail) group.append(makeSvg('text', { class: 'detail', x: box.x, y: box.y + 13, 'text-anchor': 'middle' }, box.node.detail));
    svg.append(group);
  }
  figure.plot.replaceChildren(make('div', { class: 'graph' }, svg));
};
NUMBERS.graph = ({ spec }) => ({
  head: ['from', 'to', 'shape'],
  rows: spec.edges.map((edge) => [spec.nodes[edge.from].label, spec.nodes[edge.to].label, edge.label || spec.nodes[edge.from].detail]),
});
