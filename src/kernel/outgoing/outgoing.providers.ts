import type { Provider } from '@nestjs/common';
import { COMMAND_DEFERRAL } from '../commands/commands.tokens.js';
import { AcceptedCommands } from './accepted-commands.js';
import { OperationWaits } from './operation-waits.js';
import { Operations } from './operations.js';
import { OutgoingCommands } from './outgoing-commands.js';

export const outgoingProviders: Provider[] = [
  OutgoingCommands,
  Operations,
  OperationWaits,
  { provide: COMMAND_DEFERRAL, useClass: AcceptedCommands },
];
