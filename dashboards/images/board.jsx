// Draws one board from the data that the page holds: Grafana's components, without its server.
import { createTheme, renderMarkdown } from '@grafana/data';
import { GlobalStyles, ThemeContext } from '@grafana/ui';
import { createRoot } from 'react-dom/client';
import 'uplot/dist/uPlot.min.css';
import { Graph, Number, States, Table } from './panels.jsx';

const theme = createTheme({ colors: { mode: 'dark' } });
const COLUMNS = 24;
const UNIT = 38; // pixels of a row of Grafana's grid, its gap included
const GAP = 8;
const TITLE = 32;

const { board, title, caption, panels, range } = window.BOARD;
const column = (document.documentElement.clientWidth - 2 * GAP) / COLUMNS;

function Body({ panel, width, height }) {
  const data = panels[panel.id] ?? [];
  const common = { panel, data, width, height, theme, range };
  if (panel.type === 'text') {
    return <div className="markdown" dangerouslySetInnerHTML={{ __html: renderMarkdown(panel.options.content) }} />;
  }
  if (data.length === 0) {
    return <div className="nothing">{panel.fieldConfig.defaults.noValue}</div>;
  }
  return { stat: Number, 'state-timeline': States, table: Table, timeseries: Graph }[panel.type](common);
}

function Panel({ panel }) {
  const { x, y, w, h } = panel.gridPos;
  const place = { left: GAP + x * column, top: y * UNIT, width: w * column - GAP, height: h * UNIT - GAP };
  if (panel.type === 'row') {
    return <h2 style={place}>{panel.title}</h2>;
  }
  return (
    <section style={place} className={panel.type}>
      <h3>{panel.title}</h3>
      <Body panel={panel} width={place.width - 2 * GAP} height={place.height - TITLE - GAP} />
    </section>
  );
}

const style = `
  body { margin: 0; background: ${theme.colors.background.canvas}; color: ${theme.colors.text.primary}; }
  header { padding: 8px 16px; display: flex; justify-content: space-between; align-items: baseline; }
  header h1 { margin: 0; font-size: 22px; }
  header span { color: ${theme.colors.text.secondary}; }
  main { position: relative; }
  main > * { position: absolute; box-sizing: border-box; overflow: hidden; }
  h2 { margin: 0; font-size: 15px; line-height: 30px; padding-left: 4px; }
  section { background: ${theme.colors.background.primary}; border: 1px solid ${theme.colors.border.weak}; padding: 0 8px 8px; }
  section.text { background: none; border: none; }
  h3 { margin: 0; font-size: 13px; font-weight: 500; line-height: ${TITLE}px; height: ${TITLE}px; white-space: nowrap; }
  .nothing { color: ${theme.colors.text.secondary}; text-align: center; padding-top: 20px; font-size: 18px; }
  .markdown { font-size: 13px; line-height: 1.45; }
  .markdown td, .markdown th, table.values td, table.values th { text-align: left; padding: 2px 12px 2px 0; vertical-align: top; border-bottom: 1px solid ${theme.colors.border.weak}; }
  table.values { width: 100%; border-collapse: collapse; font-size: 12px; }
  .bars { display: grid; grid-template-columns: max-content 1fr; column-gap: 8px; row-gap: 3px; font-size: 11px; line-height: 1; }
  .bars > span { text-align: right; align-self: center; color: ${theme.colors.text.secondary}; }
  .bar { position: relative; background: ${theme.colors.background.secondary}; }
  .bar i { position: absolute; top: 0; bottom: 0; }
  .key { display: flex; gap: 12px; font-size: 12px; padding-top: 6px; }
  .key b { display: inline-block; width: 14px; height: 4px; margin-right: 5px; vertical-align: middle; }
`;

createRoot(document.getElementById('root')).render(
  <ThemeContext.Provider value={theme}>
    <GlobalStyles />
    <style>{style}</style>
    <header>
      <h1>{title}</h1>
      <span>{caption}</span>
    </header>
    <main>
      {board.panels.map((panel) => (
        <Panel key={panel.id} panel={panel} />
      ))}
    </main>
  </ThemeContext.Provider>
);
