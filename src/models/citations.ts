import type { Citation } from "../model/define.ts"

export const kingma2014: Citation = {
  key: "kingma2014",
  authors: "Kingma, Diederik P. and Welling, Max",
  title: "Auto-Encoding Variational Bayes",
  venue: "International Conference on Learning Representations (ICLR)",
  year: 2014,
  url: "https://arxiv.org/abs/1312.6114",
}
export const burda2016: Citation = {
  key: "burda2016",
  authors: "Burda, Yuri and Grosse, Roger and Salakhutdinov, Ruslan",
  title: "Importance Weighted Autoencoders",
  venue: "International Conference on Learning Representations (ICLR)",
  year: 2016,
  url: "https://arxiv.org/abs/1509.00519",
}
export const higgins2017: Citation = {
  key: "higgins2017",
  authors:
    "Higgins, Irina and Matthey, Loic and Pal, Arka and Burgess, Christopher and Glorot, Xavier and Botvinick, Matthew and Mohamed, Shakir and Lerchner, Alexander",
  title: "beta-VAE: Learning Basic Visual Concepts with a Constrained Variational Framework",
  venue: "International Conference on Learning Representations (ICLR)",
  year: 2017,
}
export const hinton2006: Citation = {
  key: "hinton2006",
  authors: "Hinton, Geoffrey E. and Salakhutdinov, Ruslan R.",
  title: "Reducing the Dimensionality of Data with Neural Networks",
  venue: "Science 313(5786), 504-507",
  year: 2006,
}
export const vincent2008: Citation = {
  key: "vincent2008",
  authors: "Vincent, Pascal and Larochelle, Hugo and Bengio, Yoshua and Manzagol, Pierre-Antoine",
  title: "Extracting and Composing Robust Features with Denoising Autoencoders",
  venue: "International Conference on Machine Learning (ICML)",
  year: 2008,
}
export const goodfellow2014: Citation = {
  key: "goodfellow2014",
  authors:
    "Goodfellow, Ian J. and Pouget-Abadie, Jean and Mirza, Mehdi and Xu, Bing and Warde-Farley, David and Ozair, Sherjil and Courville, Aaron and Bengio, Yoshua",
  title: "Generative Adversarial Nets",
  venue: "Advances in Neural Information Processing Systems 27",
  year: 2014,
  url: "https://arxiv.org/abs/1406.2661",
}
export const mirza2014: Citation = {
  key: "mirza2014",
  authors: "Mirza, Mehdi and Osindero, Simon",
  title: "Conditional Generative Adversarial Nets",
  venue: "arXiv:1411.1784",
  year: 2014,
  url: "https://arxiv.org/abs/1411.1784",
}
export const salimans2016: Citation = {
  key: "salimans2016",
  authors: "Salimans, Tim and Goodfellow, Ian and Zaremba, Wojciech and Cheung, Vicki and Radford, Alec and Chen, Xi",
  title: "Improved Techniques for Training GANs",
  venue: "Advances in Neural Information Processing Systems 29",
  year: 2016,
  url: "https://arxiv.org/abs/1606.03498",
}
export const tipping1999: Citation = {
  key: "tipping1999",
  authors: "Tipping, Michael E. and Bishop, Christopher M.",
  title: "Probabilistic Principal Component Analysis",
  venue: "Journal of the Royal Statistical Society: Series B 61(3), 611-622",
  year: 1999,
}
export const smolensky1986: Citation = {
  key: "smolensky1986",
  authors: "Smolensky, Paul",
  title: "Information Processing in Dynamical Systems: Foundations of Harmony Theory",
  venue: "Parallel Distributed Processing 1, chapter 6, MIT Press",
  year: 1986,
}
export const ackley1985: Citation = {
  key: "ackley1985",
  authors: "Ackley, David H. and Hinton, Geoffrey E. and Sejnowski, Terrence J.",
  title: "A Learning Algorithm for Boltzmann Machines",
  venue: "Cognitive Science 9(1), 147-169",
  year: 1985,
}
export const hinton2002: Citation = {
  key: "hinton2002",
  authors: "Hinton, Geoffrey E.",
  title: "Training Products of Experts by Minimizing Contrastive Divergence",
  venue: "Neural Computation 14(8), 1771-1800",
  year: 2002,
}
export const tieleman2008: Citation = {
  key: "tieleman2008",
  authors: "Tieleman, Tijmen",
  title: "Training Restricted Boltzmann Machines using Approximations to the Likelihood Gradient",
  venue: "International Conference on Machine Learning (ICML)",
  year: 2008,
}
export const salakhutdinov2008: Citation = {
  key: "salakhutdinov2008",
  authors: "Salakhutdinov, Ruslan and Murray, Iain",
  title: "On the Quantitative Analysis of Deep Belief Networks",
  venue: "International Conference on Machine Learning (ICML)",
  year: 2008,
}
export const salakhutdinov2009: Citation = {
  key: "salakhutdinov2009",
  authors: "Salakhutdinov, Ruslan and Hinton, Geoffrey E.",
  title: "Deep Boltzmann Machines",
  venue: "International Conference on Artificial Intelligence and Statistics (AISTATS)",
  year: 2009,
}
export const bengio2013: Citation = {
  key: "bengio2013",
  authors: "Bengio, Yoshua and Yao, Li and Alain, Guillaume and Vincent, Pascal",
  title: "Generalized Denoising Auto-Encoders as Generative Models",
  venue: "Advances in Neural Information Processing Systems (NIPS)",
  year: 2013,
  url: "https://arxiv.org/abs/1305.6663",
}
export const bengio2014: Citation = {
  key: "bengio2014",
  authors: "Bengio, Yoshua and Laufer, Éric and Alain, Guillaume and Yosinski, Jason",
  title: "Deep Generative Stochastic Networks Trainable by Backprop",
  venue: "International Conference on Machine Learning (ICML)",
  year: 2014,
  url: "https://arxiv.org/abs/1306.1091",
}
export const dinh2014: Citation = {
  key: "dinh2014",
  authors: "Dinh, Laurent and Krueger, David and Bengio, Yoshua",
  title: "NICE: Non-linear Independent Components Estimation",
  venue: "arXiv:1410.8516; International Conference on Learning Representations (ICLR) 2015, workshop track",
  year: 2014,
  url: "https://arxiv.org/abs/1410.8516",
}
export const dinh2017: Citation = {
  key: "dinh2017",
  authors: "Dinh, Laurent and Sohl-Dickstein, Jascha and Bengio, Samy",
  title: "Density Estimation using Real NVP",
  venue: "International Conference on Learning Representations (ICLR)",
  year: 2017,
  url: "https://arxiv.org/abs/1605.08803",
}
export const chen2018: Citation = {
  key: "chen2018",
  authors: "Chen, Ricky T. Q. and Rubanova, Yulia and Bettencourt, Jesse and Duvenaud, David",
  title: "Neural Ordinary Differential Equations",
  venue: "Advances in Neural Information Processing Systems (NeurIPS)",
  year: 2018,
  url: "https://arxiv.org/abs/1806.07366",
}
export const grathwohl2019: Citation = {
  key: "grathwohl2019",
  authors: "Grathwohl, Will and Chen, Ricky T. Q. and Bettencourt, Jesse and Sutskever, Ilya and Duvenaud, David",
  title: "FFJORD: Free-form Continuous Dynamics for Scalable Reversible Generative Models",
  venue: "International Conference on Learning Representations (ICLR)",
  year: 2019,
  url: "https://arxiv.org/abs/1810.01367",
}
export const frey1996: Citation = {
  key: "frey1996",
  authors: "Frey, Brendan J. and Hinton, Geoffrey E. and Dayan, Peter",
  title: "Does the Wake-sleep Algorithm Produce Good Density Estimators?",
  venue: "Advances in Neural Information Processing Systems 8",
  year: 1996,
}
export const gan2015: Citation = {
  key: "gan2015",
  authors: "Gan, Zhe and Henao, Ricardo and Carlson, David and Carin, Lawrence",
  title: "Learning Deep Sigmoid Belief Networks with Data Augmentation",
  venue: "International Conference on Artificial Intelligence and Statistics (AISTATS)",
  year: 2015,
}
export const larochelle2011: Citation = {
  key: "larochelle2011",
  authors: "Larochelle, Hugo and Murray, Iain",
  title: "The Neural Autoregressive Distribution Estimator",
  venue: "International Conference on Artificial Intelligence and Statistics (AISTATS)",
  year: 2011,
}
export const uria2014: Citation = {
  key: "uria2014",
  authors: "Uria, Benigno and Murray, Iain and Larochelle, Hugo",
  title: "A Deep and Tractable Density Estimator",
  venue: "International Conference on Machine Learning (ICML)",
  year: 2014,
  url: "https://arxiv.org/abs/1310.1757",
}
export const uria2016: Citation = {
  key: "uria2016",
  authors: "Uria, Benigno and Côté, Marc-Alexandre and Gregor, Karol and Murray, Iain and Larochelle, Hugo",
  title: "Neural Autoregressive Distribution Estimation",
  venue: "Journal of Machine Learning Research 17(205), 1-37",
  year: 2016,
  url: "https://arxiv.org/abs/1605.02226",
}
export const germain2015: Citation = {
  key: "germain2015",
  authors: "Germain, Mathieu and Gregor, Karol and Murray, Iain and Larochelle, Hugo",
  title: "MADE: Masked Autoencoder for Distribution Estimation",
  venue: "International Conference on Machine Learning (ICML)",
  year: 2015,
  url: "https://arxiv.org/abs/1502.03509",
}
export const theis2016: Citation = {
  key: "theis2016",
  authors: "Theis, Lucas and van den Oord, Aäron and Bethge, Matthias",
  title: "A Note on the Evaluation of Generative Models",
  venue: "International Conference on Learning Representations (ICLR)",
  year: 2016,
  url: "https://arxiv.org/abs/1511.01844",
}
export const parzen1962: Citation = {
  key: "parzen1962",
  authors: "Parzen, Emanuel",
  title: "On Estimation of a Probability Density Function and Mode",
  venue: "The Annals of Mathematical Statistics 33(3), 1065-1076",
  year: 1962,
}
export const dempster1977: Citation = {
  key: "dempster1977",
  authors: "Dempster, Arthur P. and Laird, Nan M. and Rubin, Donald B.",
  title: "Maximum Likelihood from Incomplete Data via the EM Algorithm",
  venue: "Journal of the Royal Statistical Society: Series B 39(1), 1-38",
  year: 1977,
}
export const srivastava2014: Citation = {
  key: "srivastava2014",
  authors: "Srivastava, Nitish and Hinton, Geoffrey and Krizhevsky, Alex and Sutskever, Ilya and Salakhutdinov, Ruslan",
  title: "Dropout: A Simple Way to Prevent Neural Networks from Overfitting",
  venue: "Journal of Machine Learning Research 15(56), 1929-1958",
  year: 2014,
}
export const sohn2015: Citation = {
  key: "sohn2015",
  authors: "Sohn, Kihyuk and Lee, Honglak and Yan, Xinchen",
  title: "Learning Structured Output Representation using Deep Conditional Generative Models",
  venue: "Advances in Neural Information Processing Systems 28",
  year: 2015,
}
