'use strict';
(function () {
  const PRINT_WIDTH = 660;
  const elements = Array.from(document.querySelectorAll('.chart'));
  let charts = [];

  function color(name) {
    return getComputedStyle(document.documentElement).getPropertyValue('--' + name).trim();
  }

  function fontFamily() {
    return getComputedStyle(document.body).fontFamily;
  }

  function theme() {
    const axis = {
      axisLine: {lineStyle: {color: color('line')}},
      axisTick: {lineStyle: {color: color('line')}},
      axisLabel: {color: color('ink')},
      nameTextStyle: {color: color('muted')},
      splitLine: {lineStyle: {color: color('line'), opacity: 0.6}},
    };
    return {
      color: ['distilled', 'control', 'adapter', 'exported', 'teacher'].map(color),
      backgroundColor: 'transparent',
      textStyle: {color: color('ink'), fontFamily: fontFamily()},
      legend: {textStyle: {color: color('ink')}, pageTextStyle: {color: color('ink')}},
      categoryAxis: Object.assign({}, axis, {splitLine: {show: false}}),
      valueAxis: axis,
      logAxis: axis,
    };
  }

  // A line between the ends of the interval with a cap at each; the value beside it.
  function whisker(from, to, across, stroke, text) {
    const cap = 4;
    const at = (along, side) => (across.vertical ? [side, along] : [along, side]);
    const line = (a, b) => ({
      type: 'line',
      shape: {x1: a[0], y1: a[1], x2: b[0], y2: b[1]},
      style: {stroke: stroke, lineWidth: 1.5},
    });
    const children = [
      line(at(from, across.at), at(to, across.at)),
      line(at(from, across.at - cap), at(from, across.at + cap)),
      line(at(to, across.at - cap), at(to, across.at + cap)),
    ];
    if (text) {
      children.push({
        type: 'text',
        style: {text: text, x: to + 8, y: across.at, fill: color('ink'), verticalAlign: 'middle', fontSize: 12, fontFamily: fontFamily(), backgroundColor: color('paper'), padding: [1, 2]},
      });
    }
    return {type: 'group', children: children};
  }

  function intervals(kind) {
    return function (params, api) {
      if (kind.vertical) {
        const low = api.coord([api.value(0), api.value(2)]);
        const high = api.coord([api.value(0), api.value(3)]);
        return whisker(low[1], high[1], {vertical: true, at: low[0]}, api.visual('color'), '');
      }
      const bar = api.barLayout({barGap: '20%', barCategoryGap: '30%', count: kind.count})[kind.index];
      const low = api.coord([api.value(2), api.value(1)]);
      const high = api.coord([api.value(3), api.value(1)]);
      const across = {vertical: false, at: low[1] + bar.offsetCenter};
      return whisker(low[0], high[0], across, color('ink'), api.value(0).toFixed(1) + ' %');
    };
  }

  function prepared(option) {
    option.tooltip.valueFormatter = (value) =>
      typeof value === 'number' ? String(Number(value.toPrecision(4))) : '';
    for (const series of option.series) {
      if (series.colorOf) {
        series.color = color(series.colorOf);
        series.itemStyle = {color: series.color};
      }
      if (series.label) {
        series.label.color = color('ink');
      }
      if (series.markLine) {
        series.markLine.lineStyle = {color: color('teacher'), type: 'dashed'};
        series.markLine.label.color = color('ink');
      }
      if (series.intervals) {
        series.renderItem = intervals(series.intervals);
        series.encode = series.intervals.vertical ? {x: 0, y: [1, 2, 3]} : {x: [0, 2, 3], y: 1};
        series.clip = false;
        series.tooltip = {show: false};
      }
    }
    return option;
  }

  function draw(width) {
    charts.forEach((chart) => chart.dispose());
    charts = elements.map((element) => {
      const chart = echarts.init(element, theme(), {renderer: 'svg', width: width});
      chart.setOption(prepared(JSON.parse(element.nextElementSibling.textContent)));
      return chart;
    });
  }

  draw();
  window.addEventListener('resize', () => charts.forEach((chart) => chart.resize()));
  window.matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => draw());
  window.addEventListener('beforeprint', () => draw(PRINT_WIDTH));
  window.addEventListener('afterprint', () => draw());
})();
