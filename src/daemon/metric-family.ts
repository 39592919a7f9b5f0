/** A family of metrics in the text format of Prometheus, version 0.0.4. What is not known has no sample. */

type Labels = Readonly<Record<string, string>>;
export type Sample = [labels: Labels, value: number | undefined];

export interface Family {
  name: string;
  type: 'gauge' | 'counter';
  help: string;
  samples: Sample[];
}

export function gauge(name: string, help: string, samples: Sample[]): Family {
  return { name, type: 'gauge', help, samples };
}

export function counter(name: string, help: string, samples: Sample[]): Family {
  return { name, type: 'counter', help, samples };
}

export function seconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : ms / 1000;
}

/** Nothing for a family without a sample. */
export function render({ name, type, help, samples }: Family): string {
  const known = samples.filter(([, value]) => value !== undefined);
  if (known.length === 0) return '';
  const lines = known.map(([labels, value]) => `holdfast_${name}${renderLabels(labels)} ${value}`);
  return [`# HELP holdfast_${name} ${help}`, `# TYPE holdfast_${name} ${type}`, ...lines, ''].join('\n');
}

function renderLabels(labels: Labels): string {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}="${escapeValue(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

/** Backslash, quote and line feed are escaped in label values. */
function escapeValue(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
