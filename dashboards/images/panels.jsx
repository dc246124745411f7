// The kinds of panels. Grafana's panel plugins are not published as packages, so the field
// configuration of a board is applied here, and bars of states and tables are drawn by hand.
import { createDataFrame, dateTime, FieldType, formattedValueToString, getDisplayProcessor } from '@grafana/data';
import { BigValue, BigValueColorMode, BigValueGraphMode, TimeSeries } from '@grafana/ui';

const ZONE = 'utc';

function configured(panel, name) {
  const { defaults, overrides = [] } = panel.fieldConfig;
  const config = { color: { mode: 'palette-classic' }, ...defaults, custom: { ...defaults.custom, axisWidth: 74 } };
  for (const { matcher, properties } of overrides) {
    if (matcher.options !== name) continue;
    for (const { id, value } of properties) {
      if (id.startsWith('custom.')) config.custom[id.slice('custom.'.length)] = value;
      else config[id] = value;
    }
  }
  const base = config.thresholds?.steps?.[0];
  if (base && base.value === null) config.thresholds.steps[0] = { ...base, value: -Infinity };
  return config;
}

function withDisplay(field, theme) {
  return { ...field, display: getDisplayProcessor({ field, theme, timeZone: ZONE }) };
}

export function Graph({ panel, data, width, height, theme, range }) {
  const frames = data.map((series, index) => {
    const config = configured(panel, series.name);
    const frame = createDataFrame({
      refId: series.refId,
      fields: [
        { name: 'Time', type: FieldType.time, values: series.times, config: {} },
        { name: 'Value', type: FieldType.number, values: series.values, config: { ...config, displayName: series.name } },
      ],
    });
    frame.fields = frame.fields.map((field) => withDisplay(field, theme));
    frame.fields[1].state = { seriesIndex: index, displayName: series.name };
    return frame;
  });
  const [from, to] = range.map((seconds) => dateTime(1000 * seconds));
  return (
    <TimeSeries
      frames={frames}
      timeRange={{ from, to, raw: { from, to } }}
      timeZone={ZONE}
      width={width}
      height={height}
      legend={{ displayMode: 'list', placement: 'bottom', showLegend: true, calcs: [] }}
    />
  );
}

export function Number({ panel, data, width, height, theme }) {
  const config = configured(panel, data[0].name);
  const field = { name: data[0].name, type: FieldType.number, config, values: data[0].values };
  const shown = getDisplayProcessor({ field: { ...field, config: { ...config, color: { mode: 'thresholds' } } }, theme })(
    data[0].values.at(-1)
  );
  const coloured = panel.options.colorMode === 'value';
  return (
    <BigValue
      value={{ ...shown, color: coloured ? shown.color : theme.colors.text.primary }}
      width={width}
      height={height}
      theme={theme}
      colorMode={BigValueColorMode.Value}
      graphMode={BigValueGraphMode.None}
    />
  );
}

function stateOf(panel, value) {
  for (const { type, options } of panel.fieldConfig.defaults.mappings ?? []) {
    if (type === 'value' && options[value]) return options[value];
  }
  return { text: String(value), color: 'text' };
}

export function States({ panel, data, height, theme, range }) {
  const [from, to] = range;
  const colour = (name) => (name === 'text' ? theme.colors.text.disabled : theme.visualization.getColorByName(name));
  const seen = new Map();
  const tall = Math.max(8, Math.min(26, (height - 30) / data.length - 3));
  const bars = data.map((series) => {
    const parts = [];
    series.values.forEach((value, index) => {
      const start = series.times[index] / 1000;
      const last = parts.at(-1);
      if (value === null) return;
      const state = stateOf(panel, value);
      seen.set(state.text, state);
      if (last && last.value === value && start - last.end < 1) last.end = start + range[2];
      else parts.push({ value, state, start, end: start + range[2] });
    });
    return { name: series.name, parts };
  });
  const at = (second) => `${(100 * (Math.min(second, to) - from)) / (to - from)}%`;
  return (
    <div>
      <div className="bars">
        {bars.flatMap(({ name, parts }) => [
          <span key={name}>{name}</span>,
          <div key={`${name} bar`} className="bar" style={{ height: tall }}>
            {parts.map(({ state, start, end }) => (
              <i key={start} style={{ left: at(start), width: `calc(${at(end)} - ${at(start)})`, background: colour(state.color) }} />
            ))}
          </div>,
        ])}
      </div>
      <div className="key">
        {[...seen.values()].map(({ text, color }) => (
          <span key={text}>
            <b style={{ background: colour(color) }} />
            {text}
          </span>
        ))}
      </div>
    </div>
  );
}

export function Table({ panel, data, theme }) {
  const labels = [...new Set(data.flatMap((series) => Object.keys(series.labels)))].sort();
  const show = getDisplayProcessor({ field: { type: FieldType.number, config: configured(panel, '') }, theme });
  return (
    <table className="values">
      <thead>
        <tr>
          {[...labels, 'Value'].map((name) => (
            <th key={name}>{name}</th>
          ))}
        </tr>
      </thead>
      <tbody>
        {data.map((series) => (
          <tr key={JSON.stringify(series.labels)}>
            {labels.map((name) => (
              <td key={name}>{series.labels[name]}</td>
            ))}
            <td>{formattedValueToString(show(series.values.at(-1)))}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
