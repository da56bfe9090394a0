'use strict';

// As much of SVG as the charts need. Colours follow the reader's scheme, light or dark.

const STYLE = `
text { font: 12px system-ui, sans-serif; fill: #24292f; }
.title { font-size: 15px; font-weight: 600; }
.small { font-size: 10px; }
.end { text-anchor: end; }
.middle { text-anchor: middle; }
.grid { stroke: #d0d7de; stroke-width: 1; }
.one { stroke: #57606a; stroke-width: 1.5; }
.ours { fill: #0969da; } .over { fill: #cf222e; } .other { fill: #8c959f; }
.bar { stroke: #24292f; stroke-width: 2; }
.aim { stroke: #1a7f37; stroke-width: 2; stroke-dasharray: 3 2; }
.line { fill: none; stroke: #0969da; stroke-width: 2; }
.native { fill: none; stroke: #8c959f; stroke-width: 2; stroke-dasharray: 5 3; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; }
  .grid { stroke: #30363d; }
  .one { stroke: #8d96a0; }
  .ours { fill: #4493f8; } .over { fill: #f85149; } .other { fill: #6e7681; }
  .bar { stroke: #e6edf3; }
  .aim { stroke: #3fb950; }
  .line { stroke: #4493f8; }
  .native { stroke: #6e7681; }
}`;

function escape(content) {
  return String(content).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}

function element(name, attributes, ...children) {
  const written = Object.entries(attributes).map(([key, value]) => {
    const shown = typeof value === 'number' ? Number(value.toFixed(1)) : value;
    return ` ${key}="${escape(shown)}"`;
  });
  return `<${name}${written.join('')}>${children.join('')}</${name}>`;
}

function text(x, y, content, className = '') {
  return element('text', { x, y, class: className }, escape(content));
}

function line(x1, y1, x2, y2, className) {
  return element('line', { x1, y1, x2, y2, class: className });
}

function rectangle(x, y, width, height, className) {
  return element('rect', { x, y, width, height, class: className });
}

function polyline(points, className) {
  const written = points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`);
  return element('polyline', { points: written.join(' '), class: className });
}

function circle(cx, cy, className) {
  return element('circle', { cx, cy, r: 3.5, class: className });
}

function drawing(width, height, title, ...children) {
  const attributes = {
    xmlns: 'http://www.w3.org/2000/svg',
    viewBox: `0 0 ${width} ${height}`,
    width,
    height,
    role: 'img',
  };
  const head = [
    element('title', {}, escape(title)),
    element('style', {}, STYLE),
    text(12, 24, title, 'title'),
  ];
  return `${element('svg', attributes, [...head, ...children].join('\n'))}\n`;
}

// Where a value is on a logarithmic axis from `from` to `to`, of `length` from `start`.
function logScale(from, to, start, length) {
  const span = Math.log(to / from);
  return (value) => start + (length * Math.log(Math.min(Math.max(value, from), to) / from)) / span;
}

module.exports = { circle, drawing, line, logScale, polyline, rectangle, text };
