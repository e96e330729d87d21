export { configurationOf, ConfigurationRefused, type Configuration, type Environment } from './configuration.js';
export { dropClientVariables, loadConfiguration, testPoolerAddress, testServerUrl } from './environment.js';
export { maskedUrl, printedConfiguration } from './printed.js';
export { CONFIGURATION, ConfigurationModule } from './configuration.module.js';
