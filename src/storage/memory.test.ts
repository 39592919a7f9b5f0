import { storageContract } from './contract.ts';
import { memoryStorage } from './memory.ts';

storageContract('memory', () => memoryStorage());
