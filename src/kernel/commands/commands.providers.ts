import { CommandWatch } from './command-watch.js';
import { EventStreams } from './event-streams.js';
import { PersonalData } from './personal-data.js';
import { SideRows } from './side-rows.js';
import { UniqueValues } from './unique-values.js';
import { UnitsOfWork } from './units-of-work.js';

export const commandProviders = [UnitsOfWork, CommandWatch, EventStreams, PersonalData, SideRows, UniqueValues];
