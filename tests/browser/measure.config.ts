// Figures, not tests: `make bench-browser`.
import base from './playwright.config';

export default { ...base, testDir: 'measure', testMatch: '*.measure.ts', timeout: 180_000, reporter: [['line']] };
