import { describePages, PAGES } from './pages.ts';

describePages(PAGES.clusters);
